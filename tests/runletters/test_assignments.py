"""How a claimed window is handed to those who write."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runletters.assignments import Assigned
from runletters.content import RunKind, WorkItem


def _item(number: int, kind: RunKind) -> WorkItem:
    return WorkItem(
        user_id="ada",
        activity_id=f"run-{number}",
        kind=kind,
        writer="offline",
        model="offline",
        fingerprint=f"{kind}-{number}",
        facts_json="{}",
        label="2026-03-07 07:00 Run",
    )


@given(letters=st.integers(0, 60), insights=st.integers(0, 60), few=st.integers(1, 25))
def test_everything_is_handed_out_once_and_in_order(letters: int, insights: int, few: int) -> None:
    """Nothing of a window is left out or given twice, however uneven its kinds are."""
    items = [_item(n, "letter") for n in range(letters)]
    items += [_item(n, "coaching") for n in range(insights)]
    handed = list(Assigned(items=tuple(items)).side_by_side(few))

    expected = items
    actual = [item for pair in handed for item in pair[0]]
    actual += [item for pair in handed for item in pair[1]]

    assert expected == actual


def test_letters_do_not_all_come_before_the_first_insight() -> None:
    """The limit on tokens is used evenly: few of each kind at a time."""
    items = [_item(n, kind) for kind in ("letter", "coaching") for n in range(25)]

    expected = [(10, 10), (10, 10), (5, 5)]
    actual = [(len(a), len(b)) for a, b in Assigned(items=tuple(items)).side_by_side()]

    assert expected == actual
