"""The table of dispositions and agent states."""

from __future__ import annotations

from typing import get_args

from shared.contracts.codes import AGENT_STATES, DISPOSITIONS, REPORT_NAMES, Flag, agent_state, disposition

TREE = {
    "sale": "new upsell cross_sell continuity changed_order",
    "refusal": "price has_it trust timing competitor no_reason",
    "open": "callback_personal callback_any thinking sent_info hot_hand_over",
    "service": "order_question complaint cancel_saved cancel_done payment",
    "not_reached": "no_answer busy machine voicemail_left network",
    "bad_data": "wrong_number disconnected fax duplicate language deceased",
    "legal": "do_not_call minor recording_refused",
    "lost": "abandoned_in_queue dropped_by_dialler dropped_in_call technical",
    "internal": "test_call training transfer",
}
FIXTURES = (
    "sale callback not_interested no_answer busy answering_machine do_not_call wrong_number transferred abandoned "
    "information_given out_of_hours other"
)


def test_every_leaf_of_the_tree_has_one_code() -> None:
    for group, leaves in TREE.items():
        for leaf in leaves.split():
            found = disposition(f"{group}.{leaf}")
            assert found.path == f"{group}.{leaf}"
            assert disposition(found.code) is found
    assert len({row.path for row in DISPOSITIONS.values()}) == len(DISPOSITIONS)


def test_the_names_that_connectors_and_reports_use_are_known() -> None:
    assert all(disposition(name).code == name for name in FIXTURES.split())
    assert [disposition(name).code for name in REPORT_NAMES] == ["not_interested", "information_given", "sale"]


def test_a_code_that_nobody_knows_is_other_and_means_nothing() -> None:
    assert disposition("").code == disposition("SALE").code == disposition("sale.").code == "other"
    assert disposition("other").flags == frozenset()
    assert agent_state("gone fishing").code == "other"


def test_flags_do_not_contradict_each_other() -> None:
    used = set[str]()
    for row in DISPOSITIONS.values():
        flags = row.flags
        used |= flags
        assert not ("sale" in flags and "not_interested" in flags)
        assert "customer_contact" not in flags or "human_answered" in flags
        assert "sale" not in flags or {"customer_contact", "completed"} <= flags
        assert not ("scheduled_callback" in flags and "completed" in flags)
        assert not ("answering_machine" in flags and "human_answered" in flags)
    assert used == set(get_args(Flag))


def test_productive_time_is_logged_in_and_never_paused() -> None:
    for state in AGENT_STATES.values():
        assert not (state.productive and state.paused)
        assert state.logged_in or not (state.productive or state.paused)
        assert (state.display == "offline") == (not state.logged_in)
        assert not state.productive or state.billable in ("yes", "capped")
    assert [code for code, state in AGENT_STATES.items() if not state.logged_in] == ["offline"]
