"""What its maker calls an event, as the table of events has it."""

from __future__ import annotations

import pytest

from tests.thrum.daemon.projection.queries.asked import read, sent
from thrum import events
from thrum.daemon.projection import called
from thrum.daemon.projection.facts import Event


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (sent(1, "ann"), None),
        (sent(1, "ann", idempotency_key="k"), "ann\nk"),
        (sent(1, "ann", idempotency_key="k", authored_by="user:cy"), "user:cy\nk"),
        (read(1, "bob"), None),
        (events.GroupDelete(group_id="g", called=events.Called("user:cy", "x")), "user:cy\nx"),
        (events.GroupDelete(group_id="g", called=events.Called("user:cy", "")), None),
        (events.GroupDelete(group_id="g", called=events.Called("a", "x" * 600)), None),
        (events.UnknownEvent(type="new"), None),
    ],
)
def test_it_is_one_text_of_both(event: Event, text: str | None) -> None:
    assert called.text_of(event) == text
