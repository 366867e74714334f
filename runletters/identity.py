"""Which recordings are the same activity, and what an activity is called.

Pure: no clock, no files. The rules, in this order:

1. Same content, or same id of the same source: the same activity.
2. Different ids of one source, or two sessions of one file: never the same, however alike.
   A source knows its own activities (a shared start is no proof).
3. Otherwise the same when both clocks were set, the starts lie within START_TOLERANCE_S,
   the sports can be the same, and distance and duration agree where both are known (at
   least one of them must be). A recording that broke off may be shorter than the other.

Two watches on one run start 1 to 10 s apart in the recordings we know; the nearest two
different runs of one runner start many minutes apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from runletters.activities import RUN_SPORTS, Activity, Source, Summary

START_TOLERANCE_S = 30.0
"""Three times the widest start difference of the known twice-recorded runs."""

DISTANCE_TOLERANCE = 0.10
"""Of the longer one. Two devices on one run differ by some per cent."""
DISTANCE_SLACK_M = 150.0
DURATION_TOLERANCE = 0.10
DURATION_SLACK_S = 60.0

FILE_KINDS = frozenset({"fit", "tcx", "gpx"})
"""Kinds whose native ids only number the recordings inside one file."""

_FAMILIES = (
    RUN_SPORTS,
    frozenset({"walking", "hiking", "treadmill_walking"}),
    frozenset({"cycling", "virtual_cycling", "mountain_biking", "gravel_cycling", "road_cycling"}),
    frozenset({"swimming", "pool_swimming", "open_water_swimming"}),
)
_BUCKET_S = START_TOLERANCE_S


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What is needed of a recording to recognise it."""

    keys: frozenset[str]
    started_at: datetime
    elapsed_s: float | None = None
    moving_s: float | None = None
    distance_m: float | None = None
    sport: str = "unknown"
    is_truncated: bool = False
    has_clock: bool = True


def keys_of(source: Source) -> frozenset[str]:
    """The strong keys of a source: its content, and its own id where that is one."""
    inner = source.native_id if source.kind in FILE_KINDS else None
    content = f"content:{source.content_sha256}#{inner or ''}"
    if source.native_id is None or source.kind in FILE_KINDS:
        return frozenset({content})
    return frozenset({content, native_key(source.kind, source.native_id)})


def native_key(kind: str, native_id: str) -> str:
    """The strong key of a source's own id."""
    return f"native:{kind}:{native_id}"


def sighting(summary: Summary, sources: Iterable[Source]) -> Sighting:
    """What of a summary and its sources tells one activity from another."""
    return Sighting(
        keys=frozenset[str]().union(*(keys_of(source) for source in sources)),
        started_at=summary.started_at,
        elapsed_s=summary.elapsed_s,
        moving_s=summary.moving_s,
        distance_m=summary.distance_m,
        sport=summary.sport,
        is_truncated="truncated" in summary.quality,
        has_clock="clock_not_set" not in summary.quality,
    )


def is_same(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings are of one activity; the order of the two does not matter."""
    if one.keys & other.keys:
        return True
    if not (one.has_clock and other.has_clock) or _are_told_apart(one.keys, other.keys):
        return False
    return (
        abs((one.started_at - other.started_at).total_seconds()) <= START_TOLERANCE_S
        and _are_compatible(one.sport, other.sport)
        and _agree(one, other)
    )


def _are_told_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one source or one file itself says that these are two."""
    return bool({_origin(key) for key in one} & {_origin(key) for key in other})


def _origin(key: str) -> str:
    """What hands out the last part of a key: a file for `content`, a source for `native`."""
    if key.startswith("content:"):
        return key.partition("#")[0]
    return ":".join(key.split(":", 2)[:2])


def _are_compatible(one: str, other: str) -> bool:
    alike = any(one in family and other in family for family in _FAMILIES)
    return one == other or "unknown" in {one, other} or alike


def _agree(one: Sighting, other: Sighting) -> bool:
    verdicts = [_durations(one, other), _distances(one, other)]
    return any(verdicts) and False not in verdicts


def _durations(one: Sighting, other: Sighting) -> bool | None:
    pairs = ((one.elapsed_s, other.elapsed_s), (one.moving_s, other.moving_s))
    # Moving time is each program's own opinion: it counts where elapsed time is not known.
    known = next((pair for pair in pairs if None not in pair), None)
    if known is None:
        return None
    return _close(one, other, known, DURATION_TOLERANCE, DURATION_SLACK_S)


def _distances(one: Sighting, other: Sighting) -> bool | None:
    pair = (one.distance_m, other.distance_m)
    if not all(pair):  # indoors many devices write 0, which says nothing
        return None
    return _close(one, other, pair, DISTANCE_TOLERANCE, DISTANCE_SLACK_M)


def _close(
    one: Sighting,
    other: Sighting,
    values: tuple[float | None, float | None],
    share: float,
    slack: float,
) -> bool:
    first, second = (value or 0.0 for value in values)
    longest, shortest = max(first, second), min(first, second)
    # Short activities may differ by the slack, but never by half.
    allowed = max(share * longest, min(slack, longest / 2))
    broke_off = one.is_truncated if first < second else other.is_truncated
    return longest - shortest <= allowed or broke_off


@dataclass
class Register:
    """The activities of one user, as they are recognised: by key, else by start."""

    _of_key: dict[str, str] = field(default_factory=dict[str, str])
    _of_content: dict[str, set[str]] = field(
        default_factory=lambda: defaultdict[str, set[str]](set)
    )
    _at: dict[int, set[str]] = field(default_factory=lambda: defaultdict[int, set[str]](set))
    _known: dict[str, Sighting] = field(default_factory=dict[str, Sighting])

    def __contains__(self, activity_id: str) -> bool:
        return activity_id in self._known

    def put(self, activity_id: str, seen: Sighting) -> None:
        """Take an activity in, or take its newest state."""
        before = self._known.get(activity_id)
        if before is not None:
            self._at[_bucket(before)].discard(activity_id)
        self._known[activity_id] = seen
        self._at[_bucket(seen)].add(activity_id)
        self._of_key |= dict.fromkeys(seen.keys, activity_id)
        for key in seen.keys:
            if key.startswith("content:"):
                self._of_content[_origin(key)].add(activity_id)

    def of_content(self, content_sha256: str) -> list[str]:
        """The activities that came, wholly or in part, from that content."""
        return sorted(self._of_content.get(f"content:{content_sha256}", ()))

    def find(self, seen: Sighting) -> str | None:
        """The activity this is a sighting of, the most alike if several could be."""
        by_key = sorted({self._of_key[key] for key in seen.keys if key in self._of_key})
        if by_key:
            return by_key[0]
        alike = [name for name in self._near(seen) if is_same(seen, self._known[name])]
        return min(alike, key=lambda name: (*_apart(seen, self._known[name]), name), default=None)

    def _near(self, seen: Sighting) -> Iterator[str]:
        bucket = _bucket(seen)
        for near in (bucket - 1, bucket, bucket + 1):
            yield from self._at.get(near, ())


def _bucket(seen: Sighting) -> int:
    return int(seen.started_at.timestamp() // _BUCKET_S)


def _apart(one: Sighting, other: Sighting) -> tuple[float, float]:
    start_s = abs((one.started_at - other.started_at).total_seconds())
    return start_s, abs((one.distance_m or 0.0) - (other.distance_m or 0.0))


def activity_id(source: Source, taken: Register) -> str:
    """The id of an activity that first came from that source.

    `strava-<id>` and `page-<id>` where the source has ids of its own, else the kind of file
    and the beginning of its content's hash; never one that another activity has.
    """
    prefix = {"strava_export": "strava", "running_page": "page"}.get(source.kind, source.kind)
    if source.kind not in FILE_KINDS and source.native_id is not None:
        names = [source.native_id, f"{source.native_id}-{source.content_sha256[:12]}"]
    else:
        inner = f"-{source.native_id}" if source.native_id else ""
        names = [f"{source.content_sha256[:digits]}{inner}" for digits in (12, 24, 64)]
    free = (f"{prefix}-{name}" for name in names if f"{prefix}-{name}" not in taken)
    return next(free, f"{prefix}-{names[-1]}")


def of_activity(activity: Activity) -> Sighting:
    """What an activity of the history is recognised by."""
    return sighting(activity, activity.sources)
