"""What an event of a reader may be, and when two are the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runletters.engagement import made, told_by_webhook
from runletters.errors import EngagementError

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
READ = {"user_id": "ana", "item": "a1", "act": "read", "at": AT}


def test_the_same_event_has_the_same_key_and_another_has_not() -> None:
    """Without an id the event itself tells; with one the id does, whatever else is said."""
    later = AT + timedelta(seconds=1)
    keys = {
        made(fields).key for fields in (READ, READ, READ | {"at": later}, READ | {"act": "opened"})
    }

    assert 3 == len(keys)
    assert "e1" == made(READ | {"event_id": "e1"}).key


def test_a_webhook_may_leave_the_moment_out_and_cannot_say_who_told() -> None:
    """The time of receipt stands in; a payload never passes for a command."""
    event = told_by_webhook({"user_id": "ana", "item": "a1", "act": "shared"}, received_at=AT)
    forged = told_by_webhook(READ | {"told_by": "command"}, received_at=AT)

    assert (AT, "webhook") == (event.at, event.told_by)
    assert "webhook" == forged.told_by


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"act": "liked"}, "act"),
        ({"act": "rated"}, "rating"),
        ({"act": "rated", "rating": 6}, "rating"),
        ({"act": "rated", "rating": True}, "rating"),
        ({"rating": 3}, "rating"),
        ({"at": "2026-11-23T06:00:00"}, "at"),
        ({"user_id": ""}, "user_id"),
        ({"item": None}, "item"),
        ({"kind": "poem"}, "kind"),
        ({"extra": 1}, "extra"),
    ],
)
def test_what_cannot_be_used_names_its_field(change: dict[str, Any], field: str) -> None:
    """And says what was expected."""
    with pytest.raises(EngagementError, match=f"{field}.*Expected user_id, item and act"):
        told_by_webhook(READ | change, received_at=AT)
