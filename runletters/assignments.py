"""From fact sheets to work items: who writes what, under which fingerprint.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from runletters.backfilling import Order, Pair
from runletters.content import Kind, WorkItem, WriterName, canonical_json, fingerprint
from runletters.facts import FactSheet


class Hand(BaseModel):
    """The writer of one kind of text, as far as it decides what comes out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    writer: WriterName
    model: str
    prompt_sha256: str
    parameters: dict[str, Any] = {}


class Assigned(BaseModel):
    """A claimed window: what is to be written, and what turned out to be written already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[WorkItem, ...] = ()
    unchanged: tuple[Pair, ...] = ()

    def of(self, kind: Kind) -> list[WorkItem]:
        """The items of one kind, in order."""
        return [item for item in self.items if item.kind == kind]

    def side_by_side(self, few: int = 10) -> Iterator[tuple[list[WorkItem], list[WorkItem]]]:
        """A few letters and a few insights at a time, in order, until all were given.

        An insight takes twice as many tokens as a letter: all letters before all insights
        would leave the limit unused first and be held up by it then.
        """
        letters, insights = self.of("letter"), self.of("coaching")
        for start in range(0, max(len(letters), len(insights)), few):
            yield letters[start : start + few], insights[start : start + few]


def assign(
    order: Order,
    won: Iterable[Pair],
    sheets: Iterable[FactSheet],
    hands: Mapping[Kind, Hand],
    written: Mapping[Pair, str],
) -> Assigned:
    """Lay out a claimed window. Items whose fingerprint is written already are unchanged."""
    items = work_items(order.user_id, won, sheets, hands)
    same: set[Pair] = {
        (item.activity_id, item.kind)
        for item in items
        if written.get((item.activity_id, item.kind)) == item.fingerprint
    }
    return Assigned(
        items=tuple(item for item in items if (item.activity_id, item.kind) not in same),
        unchanged=tuple(sorted(same)),
    )


def work_items(
    user_id: str, pairs: Iterable[Pair], sheets: Iterable[FactSheet], hands: Mapping[Kind, Hand]
) -> list[WorkItem]:
    """One item per pair whose activity has a sheet, in the order of the pairs."""
    by_id = {sheet.activity_id: sheet for sheet in sheets}
    return [
        work_item(user_id, by_id[activity_id], kind, hands[kind])
        for activity_id, kind in pairs
        if activity_id in by_id
    ]


def work_item(user_id: str, sheet: FactSheet, kind: Kind, hand: Hand) -> WorkItem:
    """The item for one text. Same facts, prompt and model: same fingerprint."""
    facts_json = canonical_json(sheet.model_dump(mode="json", exclude_none=True))
    return WorkItem(
        user_id=user_id,
        activity_id=sheet.activity_id,
        kind=kind,
        writer=hand.writer,
        model=hand.model,
        fingerprint=fingerprint(
            kind=kind,
            model=hand.model,
            parameters=hand.parameters,
            prompt_sha256=hand.prompt_sha256,
            facts_json=facts_json,
        ),
        facts_json=facts_json,
        label=f"{sheet.started_local:%Y-%m-%d %H:%M} {sheet.sport}",
    )
