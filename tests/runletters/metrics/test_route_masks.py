"""The masks of a history say of two runs what the sets of their cells say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runletters.metrics.route_masks import RouteMasks
from runletters.metrics.routes import STEPS, Surroundings, similarity

ROW = 1 << 24
ORIGINS = (0, 5 * ROW + 7, 700_000 * ROW - 3_000_000, -80_000 * ROW + 64)


@st.composite
def walks(draw: st.DrawFn) -> frozenset[int]:
    """Cells of a run: a walk from cell to cell, near one of a few places of the world."""
    cell = draw(st.sampled_from(ORIGINS))
    steps = draw(st.lists(st.sampled_from(STEPS), max_size=40))
    cells = {cell}
    for step in steps:
        cell += step
        cells.add(cell)
    return frozenset(cells)


@given(
    history=st.dictionaries(
        st.text(min_size=1, max_size=3), walks() | st.just(frozenset[int]()), min_size=1, max_size=6
    )
)
def test_masks_say_what_sets_say(history: dict[str, frozenset[int]]) -> None:
    """Every run against every other, both ways round, empty routes too."""
    masks, names = RouteMasks(history), list(history)

    actual = [masks.similarities(one, names) for one in names]

    around = [Surroundings.of(history[name]) for name in names]
    expected = [[similarity(own, history[other]) for other in names] for own in around]
    assert expected == actual


def test_runs_without_a_route_are_like_none() -> None:
    """Neither the run itself nor the others need a route."""
    masks = RouteMasks({"one": frozenset({1, 2, 3})})

    actual = masks.similarities("one", ["one", "nowhere"]), masks.similarities("nowhere", ["one"])

    assert ([1.0, 0.0], [0.0]) == actual
