"""Which texts a backfill writes, which it leaves, and why: decided before anything is paid.

Pure: no clock, no network, no database. History and status are passed in as frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from runletters.activities import RUN_SPORTS, local_start
from runletters.batching import WritingMode, is_by_batch
from runletters.content import KINDS, Kind, RunKind, WriterName
from runletters.errors import ImpossibleOrder, UnknownActivity
from runletters.users import FREE_ACTIVITIES, Tier

Pair: TypeAlias = tuple[str, Kind]
"""One text to write: activity and kind."""

CHAPTER_ACTIVITIES = 2_500
"""At most this many activities in one flow run: the UI's graph ends at 10,000 nodes."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Order(_Frozen):
    """What was asked for."""

    user_id: str
    tier: Tier = "free"
    time_zone: str | None = None  # of the runner: what a local day is where no offset is known
    writer: WriterName = "offline"
    kinds: tuple[RunKind, ...] = KINDS
    since: date | None = None
    until: date | None = None
    activity_id: str | None = None  # this one only
    max_activities: int | None = None
    refresh: bool = False
    mode: WritingMode = "live"  # of the claude writer
    max_cost_usd: Decimal | None = None  # the most this run may spend, beside the settings
    run_id: str = ""  # the flow run that pays; its chapters pay on the same account
    started_from: datetime | None = None  # a chapter's bounds: starts, both included
    started_to: datetime | None = None

    @model_validator(mode="after")
    def _runs_forward(self) -> Order:
        if self.since and self.until and self.since > self.until:
            raise ImpossibleOrder(
                f"The first day, {self.since}, comes after the last, {self.until}; "
                "no run can lie between.",
                remedy="Swap them, or leave one out.",
            )
        return self


class Skipped(_Frozen):
    """Texts that are left alone, by reason."""

    already_written: int = 0
    being_written: int = 0  # claimed by another flow run at this moment
    rights: int = 0  # may not be shown to this writer, or not be written about at all
    beyond_tier: int = 0
    beyond_max: int = 0  # more than max_activities

    @property
    def total(self) -> int:
        """All texts that are left alone."""
        return sum(int(count) for count in self.model_dump().values())


class Plan(_Frozen):
    """What will be written, newest first, and what will not."""

    order: Order
    pairs: tuple[Pair, ...] = ()
    skipped: Skipped = Skipped()
    activities_in_scope: int = 0
    on_their_way: int = Field(
        default=0, description="Texts in batches that this order's writer can read in time."
    )
    chapters: tuple[Order, ...] = Field(default=(), description="One per flow run it takes.")
    tier_message: str | None = Field(default=None, description="What an upgrade would add.")

    @property
    def activity_ids(self) -> tuple[str, ...]:
        """The activities of the plan, newest first, each once."""
        return tuple(dict.fromkeys(activity_id for activity_id, _ in self.pairs))

    def by_batch(self, from_texts: int) -> tuple[Order, tuple[Order, ...]]:
        """The order with its mode decided, and the chapters that are written live.

        Only claude has batches; from so many texts on, `auto` means them.
        """
        is_paid = self.order.writer == "claude"
        is_batch = is_by_batch(self.order.mode, texts=len(self.pairs), from_texts=from_texts)
        if is_paid and is_batch:
            return self.order.model_copy(update={"mode": "batch"}), ()
        waits = is_paid and self.order.mode == "auto"
        return self.order.model_copy(update={"mode": "auto" if waits else "live"}), self.chapters

    def windows(self, size: int) -> Iterator[tuple[Pair, ...]]:
        """The pairs in windows of `size` activities; both kinds of one activity stay together."""
        ids = self.activity_ids
        for start in range(0, len(ids), size):
            inside = frozenset(ids[start : start + size])
            yield tuple(pair for pair in self.pairs if pair[0] in inside)


def plan_backfill(
    order: Order,
    activities: pl.DataFrame,
    status: pl.DataFrame,
    *,
    now: datetime,
    on_their_way: Collection[Pair] = (),
) -> Plan:
    """Decide what is written.

    Args:
        order: what was asked for.
        activities: the user's history, ACTIVITY_SCHEMA.
        status: the user's generation_status rows, possibly none.
        now: leases that end before this moment no longer hold.
        on_their_way: the user's texts in batches that are not read yet; left to their reader.

    Returns:
        The plan; `refresh` makes written texts candidates too, their fingerprints decide later.

    Raises:
        UnknownActivity: one activity was asked for, and it is not known or no run.
    """
    scope = _in_scope(order, activities)
    if order.activity_id is not None and scope.is_empty():
        raise _no_such_run(order, activities)
    permitted = scope.filter(pl.col("rights").is_in(_permitted_rights(order.writer)))
    in_tier, message = _within_tier(order, activities, permitted)
    wanted = in_tier if order.max_activities is None else in_tier.head(order.max_activities)
    states = _states(order, wanted, status, now, on_their_way)
    pairs = tuple(pair for pair, state in states if state == "open")
    counts = Counter(state for _, state in states)
    kinds = len(order.kinds)
    return Plan(
        order=order,
        pairs=pairs,
        chapters=tuple(_chapters(order, pairs, wanted)),
        skipped=Skipped(
            already_written=counts["written"],
            being_written=counts["leased"],
            rights=(scope.height - permitted.height) * kinds,
            beyond_tier=(permitted.height - in_tier.height) * kinds,
            beyond_max=(in_tier.height - wanted.height) * kinds,
        ),
        activities_in_scope=scope.height,
        on_their_way=len(on_their_way) if order.writer == "claude" else 0,
        tier_message=message,
    )


def _no_such_run(order: Order, activities: pl.DataFrame) -> UnknownActivity:
    known = activities.filter(pl.col("activity_id") == order.activity_id)
    if known.is_empty():
        return UnknownActivity(
            f"Activity {order.activity_id!r} is not in the history of {order.user_id!r}.",
            remedy=f"`runletters letters --user {order.user_id}` lists ids; ingest new ones first.",
        )
    return UnknownActivity(
        f"Activity {order.activity_id!r} is {known['sport'].item()}, not a run: "
        "only runs are written about."
    )


def _permitted_rights(writer: WriterName) -> list[str]:
    return ["full"] if writer == "claude" else ["full", "local_only"]


def runs_newest_first(activities: pl.DataFrame) -> pl.DataFrame:
    """Only runs, the newest first; equal starts in a stable order."""
    runs = activities.filter(pl.col("sport").is_in(sorted(RUN_SPORTS)))
    return runs.sort(["started_at", "activity_id"], descending=True)


def _in_scope(order: Order, activities: pl.DataFrame) -> pl.DataFrame:
    local_day = local_start(order.time_zone).dt.date()
    runs = runs_newest_first(activities)
    if order.activity_id is not None:
        runs = runs.filter(pl.col("activity_id") == order.activity_id)
    if order.since is not None:
        runs = runs.filter(local_day >= order.since)
    if order.until is not None:
        runs = runs.filter(local_day <= order.until)
    if order.started_from is not None:
        runs = runs.filter(pl.col("started_at") >= order.started_from)
    if order.started_to is not None:
        runs = runs.filter(pl.col("started_at") <= order.started_to)
    return runs


def _within_tier(
    order: Order, activities: pl.DataFrame, permitted: pl.DataFrame
) -> tuple[pl.DataFrame, str | None]:
    """The free tier reaches the newest runs of the whole history, not of each request."""
    if order.tier == "premium":
        return permitted, None
    reached = runs_newest_first(activities).head(FREE_ACTIVITIES)["activity_id"].to_list()
    inside = permitted.filter(pl.col("activity_id").is_in(reached))
    outside = permitted.filter(~pl.col("activity_id").is_in(reached))
    return inside, None if outside.is_empty() else tier_message(outside)


def tier_message(outside: pl.DataFrame) -> str:
    """What the free tier leaves unwritten, in one sentence a runner understands."""
    days = outside["started_at"].dt.date()
    count = outside.height
    return (
        f"Upgrade to premium for full history: the free tier writes about your "
        f"{FREE_ACTIVITIES} newest runs; {count:,} older {'run' if count == 1 else 'runs'} "
        f"({days.min()} to {days.max()}) would stay without a letter and an insight."
    )


def _states(
    order: Order,
    wanted: pl.DataFrame,
    status: pl.DataFrame,
    now: datetime,
    on_their_way: Collection[Pair],
) -> list[tuple[Pair, str]]:
    known = {row["activity_id"]: row for row in status.iter_rows(named=True)}
    return [
        (
            (activity_id, kind),
            "leased"
            if (activity_id, kind) in on_their_way
            else _state(known.get(activity_id), kind, refresh=order.refresh, now=now),
        )
        for activity_id in wanted["activity_id"].to_list()
        for kind in order.kinds
    ]


def _state(row: dict[str, object] | None, kind: Kind, *, refresh: bool, now: datetime) -> str:
    if row is None:
        return "open"
    status, lease = row[f"{kind}_status"], row[f"{kind}_lease_until"]
    if status == "generating" and isinstance(lease, datetime) and lease > now:
        return "leased"
    if status == "completed" and not refresh:
        return "written"
    return "open"


def _chapters(
    order: Order, pairs: Sequence[Pair], runs: pl.DataFrame, size: int = CHAPTER_ACTIVITIES
) -> list[Order]:
    """The plan cut into orders that one flow run can show; one order if it fits in one.

    Chapters pass bounds, not lists: parameters of a flow run are limited. Two runs that
    start at the very moment of a bound may fall into both; the claim gives them to one.
    """
    ids = list(dict.fromkeys(activity_id for activity_id, _ in pairs))
    if len(ids) <= size:
        return [order] if ids else []
    starts = dict(runs.select("activity_id", "started_at").iter_rows())
    parts = [ids[first : first + size] for first in range(0, len(ids), size)]
    return [
        order.model_copy(
            update={
                "started_from": min(starts[activity_id] for activity_id in part),
                "started_to": max(starts[activity_id] for activity_id in part),
                "max_activities": None,
            }
        )
        for part in parts
    ]
