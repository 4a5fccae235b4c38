"""Which spans are kept, what they hold, and what their contexts are worth to others."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import tracing
from shared.logs import JsonLines
from shared.settings import SettingError, Settings
from shared.webhooks import Target
from tests.e2e.spans import ids, kept, links
from tests.unit.shared.test_webhooks import BODY, SECRET, Clock, listening, sender
from tests.unit.shared.test_webhooks import kept as documents_kept

CONTEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
contexts = st.builds(
    lambda trace, span, flags: f"00-{trace:032x}-{span:016x}-{flags:02x}",
    st.integers(1, (1 << 128) - 1),
    st.integers(1, (1 << 64) - 1),
    st.integers(0, 255),
)


def test_off_nothing_is_made_sent_or_said() -> None:
    with tracing.span("work") as span, tracing.span("batch", "consumer", causes=[CONTEXT]):
        span.note("n", 1)
        span.rename("other")
        span.failed("StoreUnavailable")
        assert (tracing.context(), tracing.sent(), tracing.ids()) == ("", {}, {})


def test_a_batch_is_kept_for_its_causes_alone_and_links_to_each_once() -> None:
    with kept(share=0.0) as memory:
        with tracing.span("batch", "consumer", causes=["", CONTEXT, OTHER, CONTEXT]), tracing.span("within"):
            pass
        with tracing.span("batch", "consumer", causes=["", ""]):
            assert tracing.context() == ""
        with tracing.span("batch", "consumer", causes=[]):
            pass
    within, batch = memory.all()
    assert (within.name, batch.name) == ("within", "batch")
    assert {f"00-{trace:032x}-{span:016x}-01" for trace, span in links(batch)} == {CONTEXT, OTHER}
    assert within.parent is not None
    assert within.parent.span_id == ids(batch)[1]


def test_one_record_is_taken_up_in_its_own_trace_or_in_none() -> None:
    with kept(share=1.0) as memory:
        with tracing.span("send", parent=CONTEXT):
            assert tracing.context()[:36] == CONTEXT[:36]
        with tracing.span("send", parent=""):
            assert tracing.context() == ""
    (sent,) = memory.all()
    assert sent.parent is not None
    assert f"{sent.parent.span_id:016x}" == CONTEXT[36:52]


def test_what_an_exception_says_is_in_no_span() -> None:
    def work() -> None:
        with tracing.span("work"):
            raise LookupError("+38761234567")

    with kept() as memory, pytest.raises(LookupError):
        work()
    (span,) = memory.all()
    assert span.attributes == {"error.type": "LookupError"}
    assert "38761234567" not in span.to_json()
    assert not span.events


@given(contexts, st.booleans())
def test_what_somebody_sends_names_the_trace_and_only_friends_say_that_it_is_kept(context: str, believed: bool) -> None:
    read = tracing.received(context, believed)
    assert read is not None
    assert read[:-2] == context[:-2]
    assert read[-2:] == (context[-2:] if believed else "00")


@given(st.one_of(st.text(max_size=60), contexts.map(lambda text: text[:-1]), contexts.map(lambda text: f"{text}-1")))
def test_what_is_no_context_is_passed_over(text: str) -> None:
    assert tracing.received(text, True) is None


@pytest.mark.parametrize("text", [f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{'a' * 32}-{'0' * 16}-01"])
def test_a_context_of_zeros_is_none(text: str) -> None:
    assert tracing.received(text, True) is None


@given(contexts)
def test_a_trace_is_kept_or_left_alike_by_whoever_meets_it(context: str) -> None:
    apart = tracing.received(context, False)
    chosen = []
    for _ in range(2):
        with kept(share=0.5) as memory, tracing.span("work", parent=apart):
            pass
        chosen.append(len(memory.all()))
    assert chosen[0] == chosen[1]


def test_a_line_names_its_trace() -> None:
    record = logging.LogRecord("calls", logging.INFO, __file__, 1, "here", (), None)
    with kept(share=0.0), tracing.span("work", parent=tracing.received(CONTEXT, False)):
        said = json.loads(JsonLines().format(record))
    assert said["trace_id"] == CONTEXT[3:35]
    assert len(said["span_id"]) == 16
    assert "trace_id" not in json.loads(JsonLines().format(record))


async def test_a_webhook_goes_on_in_the_trace_of_what_it_tells_of() -> None:
    documents = await documents_kept()
    async with listening(204) as receiver:
        target = Target(f"http://127.0.0.1:{receiver.port}/", SECRET, private=True)
        webhooks = sender(documents, target, Clock())
        await webhooks.add("msg_1", BODY, trace=CONTEXT)
        await webhooks.add("msg_2", BODY)
        with kept() as memory:
            await webhooks.step()
    (span,) = memory.all()
    assert span.name == "send webhooks"
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 204
    headers = {found["webhook-id"]: found for _, found, _ in receiver.asked}
    assert headers["msg_1"]["traceparent"] == f"{CONTEXT[:36]}{ids(span)[1]:016x}-01"
    assert "traceparent" not in headers["msg_2"]


@pytest.mark.parametrize("text", ["2", "-1", "1e-3", "nan", "0.0000001", "half"])
def test_a_share_is_written_plainly(text: str) -> None:
    with pytest.raises(SettingError, match="a share from 0 to 1"):
        Settings.from_environment({"TALLYLINE_TRACES_SHARE": text})
