"""A plan through a real server: told once, kept, the same again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from flows.suggest_plan import suggest_plan
from runletters.edges.store import Store
from runletters.settings import Settings

pytestmark = pytest.mark.server


def test_the_same_plan_is_told_once(home: Callable[..., Settings]) -> None:
    """Asked twice: one row, the same words; another race, another plan."""
    settings = home(runs=30)

    first = suggest_plan("ada", weeks=2)
    again = suggest_plan("ada", weeks=2)
    other = suggest_plan("ada", weeks=2, race="10km", race_day=date(2026, 12, 1))

    assert first == again
    assert other["fingerprint"] != first["fingerprint"]
    assert "offline" == first["writer"]
    assert 2 == len(first["plan"]["weeks"])
    with Store.open(settings.store) as store:
        kept = store.plan("ada", first["fingerprint"])
        assert kept is not None
        assert first["text"] == kept["body"]
        store.forget("ada", now=kept["created_at"])
        assert store.plan("ada", first["fingerprint"]) is None
