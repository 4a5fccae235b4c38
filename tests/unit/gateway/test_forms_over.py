"""Every form of a page that writes over something says which state it was filled from; the others have a reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "services/gateway/templates"
SHOWN_IN = [ROOT / "tests/e2e" / name for name in ("test_meanwhile.py", "test_saved_views.py", "test_forms_over.py")]

NEW = "it makes something new"
ADDS = "it adds to what is there"
STANDS = "it says nothing that could be another's: done twice it is done once, and the rules refuse it where it is over"
NAMES = "it names the state that it is about, and is refused for another one"
OWN = "it is one's own: nobody else writes it"
WITHOUT = {
    "admin.html /admin/users/*/enabling": STANDS,
    "admin.html /admin/users/*/password": NEW,
    "admin.html /admin/users/*/disabling": STANDS,
    "admin.html /admin/users": NEW,
    "admin.html /admin/keys/*/revocation": STANDS,
    "admin.html /admin/keys": NEW,
    "alerts.html /alerts/*/acknowledgement": NAMES,
    "alerts.html /alerts/*/retirement": STANDS,
    "alerts.html /alerts": NEW,
    "base.html /theme": OWN,
    "base.html /signout": OWN,
    "base.html /saved-views": NEW,
    "candidates.html */erasure": STANDS,
    "candidates.html /rota/candidates/*/*": NEW,
    "coaching.html /coaching/*/*": NEW,
    "feedback.html /training/sessions/*/feedback": OWN,
    "handovers.html /handovers/*/take": STANDS,
    "handovers.html /handovers/*/outcome": STANDS,
    "health.html /health/letters/*": STANDS,
    "health.html /health/letters/*/dismissal": STANDS,
    "health.html /health/views/*/verify": STANDS,
    "health.html /health/views/*/rebuild": STANDS,
    "ideas.html /ideas": NEW,
    "ideas.html */vote": OWN,
    "ideas.html */answer": ADDS,
    "ideas.html */shipping": STANDS,
    "ideas.html */measurement": ADDS,
    "ideas.html */merge": STANDS,
    "imports.html /imports": ADDS,
    "imports.html /imports/lists": NEW,
    "invoice.html */holds": NAMES,
    "invoice.html */settlement": NAMES,
    "invoice.html */approval": NAMES,
    "invoice.html */forwarding": STANDS,
    "invoice.html */check": STANDS,
    "invoice.html */disputes": ADDS,
    "invoice.html */rejection": NAMES,
    "invoices.html /invoices": NEW,
    "month.html */run": STANDS,
    "month.html */report": NEW,
    "month.html */reopening": STANDS,
    "my_quality.html /quality/conversations": NEW,
    "my_quality.html /quality/evaluations/*/disputes": NEW,
    "my_training.html /training/mine/*/reading": STANDS,
    "my_training.html /training/mine/*/papers": NEW,
    "paper.html /training/papers/*": OWN,
    "partner_contract.html */agree": NAMES,
    "partner_contract.html */propose": NEW,
    "partner_contract.html */attach": ADDS,
    "partner_contract.html */sign": STANDS,
    "partner_contract.html */amend": NEW,
    "partner_contract.html */terminate": STANDS,
    "partner_evaluation.html */scores": OWN,
    "partner_evaluation.html */begin": NEW,
    "partner_issues.html */transition/*": STANDS,
    "partner_issues.html */transition/issue": "an issue of the name that says something else is refused",
    "partner_transition.html */reopen": STANDS,
    "partner_transition.html */done": STANDS,
    "partner_transition.html */plan": "there is one plan: a second is refused",
    "partner_transition.html */run-cancel": STANDS,
    "partner_transition.html */*": STANDS,
    "partner_transition.html */ramp-advance": NAMES,
    "password.html /signin/password": OWN,
    "preferences.html /preferences": OWN,
    "quality.html /quality/samples": NEW,
    "quality.html *": "a side evaluates for itself, and the rules refuse a second controller of it",
    "quality.html */changed": STANDS,
    "quality.html /quality/conversations": NEW,
    "quality_parts.html *": ADDS,
    "quality_parts.html */closing": STANDS,
    "rota.html /rota/swaps": NAMES,
    "saved_views.html /saved-views": NEW,
    "saved_views.html /saved-views/*/no-start": OWN,
    "saved_views.html /saved-views/*/start": OWN,
    "saved_views.html /saved-views/*/deletion": STANDS,
    "script.html /scripts/*/draft": NAMES,
    "signin.html /signin/demo": OWN,
    "signin.html /signin": OWN,
    "ticket.html */answer": ADDS,
    "ticket.html */reopen": STANDS,
    "ticket.html */resolve": STANDS,
    "ticket.html */link": ADDS,
    "ticket.html */unlink": NAMES,
    "ticket.html */merge": STANDS,
    "tickets.html /tickets": NEW,
    "webhook.html */resumption": STANDS,
    "webhook.html */test": ADDS,
    "webhook.html */stop": STANDS,
    "webhook.html */key": "the key is made anew, and shown to whoever asked",
    "webhook.html */messages/*": STANDS,
    "webhook.html */removal": STANDS,
    "webhooks.html /admin/webhooks": NEW,
    "work.html */take": "who says so later takes it over: so the rules have it",
    "work.html */close": STANDS,
}
"""Forms that carry no state, and why nobody's words are lost by it."""
OVER = {
    "admin.html /admin/users/*/role": "role-",
    "alert.html /alerts/*": "change",
    "candidates.html */person": "person",
    "candidates.html */stage": "move",
    "conflict.html *": "again",
    "evaluation_forms.html /quality/forms": "publish",
    "month.html */agreement": "agree",
    "month.html */attribution": "attribution",
    "month.html */layout": "layout",
    "month.html */taking": "/taking",
    "partner.html */next": "next",
    "partner.html */next-done": "next-done",
    "partner.html */owner": "owner",
    "partner.html */stage": "to-",
    "partner_contract.html */accept": "accept-",
    "partner_contract.html */approve": "approve",
    "partner_evaluation.html */decide": "decide-",
    "partner_transition.html */interface": "note-interface",
    "partner_transition.html */line": "list-line",
    "partner_transition.html */ramp-plan": "plan-ramp",
    "partner_transition.html */run": "book-run",
    "partner_transition.html */task": "plan-task",
    "rota.html /rota/publication": "publish",
    "rota_plan.html /rota/plan": "plan",
    "saved_views.html /saved-views/*": "change-",
    "staffing.html /rota/staffing": "say-",
    "ticket.html */assign": "assign",
    "ticket.html */prioritise": "prioritise",
    "webhook.html *": "change",
}
"""Forms that write over something, with how their ids, or where they are sent, begin: by these the tests of two people
know them."""
_FORM = re.compile(r'<form\b[^>]*?method="post"(?:[^>{]|{{.*?}}|{%.*?%})*>.*?</form>', re.DOTALL)


def forms() -> Iterator[tuple[str, str]]:
    """Template and action of every form that changes something, and its text."""
    for template in sorted(TEMPLATES.glob("*.html")):
        text = template.read_text("utf-8")
        found = _FORM.findall(text)
        assert len(found) == text.count('method="post"'), template.name
        for form in found:
            action = re.search(r'action="((?:[^"{]|{{.*?}})*)"', form)
            assert action is not None, form[:200]
            yield f"{template.name} {re.sub(r'{{.*?}}', '*', action[1])}", form


def test_every_form_carries_the_state_that_it_was_drawn_from_or_has_a_reason() -> None:
    carrying = {name for name, form in forms() if 'name="over"' in form}
    lacking = {name for name, form in forms() if 'name="over"' not in form}
    assert carrying == OVER.keys()
    assert lacking == WITHOUT.keys()


def test_every_form_that_carries_its_state_has_a_test_of_two_people() -> None:
    words = [
        node.value
        for file in SHOWN_IN
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    untested = [name for name, form in OVER.items() if not any(word.startswith(form) for word in words)]
    assert untested == []
