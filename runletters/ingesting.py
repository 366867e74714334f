"""What becomes of recordings that arrive: new activities, further sources, nothing.

Pure: no clock, no files, no processes. Arrivals are taken in one after another; the id of
an activity is that of the source that came first.

Which values an activity has, when several sources saw it:
- Only sources with the widest rights give values; the others are named and give nothing,
  so that what may not be shown to a model never is.
- Among those the richest recording leads: most channels with data, then most samples, then
  FIT before TCX before GPX before what has no file. Its streams and figures are kept; what
  it does not know (laps and device totals too) comes from the other.
- What a person wrote (title, notes, sport, race) comes from a service before a file.
- A source that speaks again about its own activity corrects what it said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import polars as pl

from runletters import identity
from runletters.activities import (
    RUN_SPORTS,
    STREAM_SCHEMA,
    DeviceTotals,
    Lap,
    ReadResult,
    Recording,
    Rights,
    Source,
    Summary,
    no_streams,
)

Verdict: TypeAlias = Literal["loaded", "merged", "updated", "already_known"]

_RIGHTS_ORDER: tuple[Rights, ...] = ("none", "local_only", "full")
_RANK = {"fit": 0, "tcx": 1, "gpx": 2, "strava_export": 3, "running_page": 4}
_LAST_RANK = 9
_CHANNELS = tuple(name for name in STREAM_SCHEMA if name not in {"t_s", "segment"})
_WRITTEN = ("title", "notes", "private_notes", "is_race")
_MEASURED = tuple(
    name
    for name in Summary.model_fields
    if name not in {*_WRITTEN, "sport", "quality", "is_manual", "started_at"}
)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One activity as its sources saw it: all that is kept, except its id and its owner."""

    summary: Summary
    sources: tuple[Source, ...]
    streams: pl.DataFrame = field(default_factory=no_streams)  # STREAM_SCHEMA
    laps: tuple[Lap, ...] = ()
    device_totals: DeviceTotals | None = None
    rights: Rights = "full"

    @property
    def seen(self) -> identity.Sighting:
        """What it is recognised by."""
        return identity.sighting(self.summary, self.sources)

    @property
    def is_written_by_a_person(self) -> bool:
        """Whether its words come from a service where the runner keeps them."""
        return any(source.kind not in identity.FILE_KINDS for source in self.sources)


def arrivals(result: ReadResult, rights: Rights | None = None) -> list[Arrival]:
    """The recordings of one file; `rights` where the person knows better than the source."""
    return [arrival(recording, rights) for recording in result.recordings]


def arrival(recording: Recording, rights: Rights | None = None) -> Arrival:
    """One recording on its way in."""
    return Arrival(
        summary=recording.summary,
        sources=(recording.source,),
        streams=recording.streams,
        laps=recording.laps,
        device_totals=recording.device_totals,
        rights=rights or recording.rights,
    )


def joined(row: Arrival | None, files: Sequence[Arrival]) -> list[Arrival]:
    """What a file holds, together with the row of an export that names it.

    The recording that starts nearest to the row is the row's own; others of that file stay
    by themselves.
    """
    if row is None:
        return list(files)
    own, *others = sorted(files, key=lambda file: _apart_s(row, file))
    return [combined(row, own), *others]


def flagged(view: Arrival, flag: str) -> Arrival:
    """The same with one more word on its quality."""
    quality = tuple(dict.fromkeys((*view.summary.quality, flag)))
    return replace(view, summary=view.summary.model_copy(update={"quality": quality}))


def _apart_s(one: Arrival, other: Arrival) -> float:
    return abs((one.summary.started_at - other.summary.started_at).total_seconds())


def combined(one: Arrival, other: Arrival) -> Arrival:
    """Two views of one activity as one; its sources in the order given, its values by the rule."""
    lead, second = sorted((one, other), key=_leads_by)
    sources = tuple(dict.fromkeys((*one.sources, *other.sources)))
    if lead.rights != second.rights:
        return replace(lead, sources=sources)
    return replace(
        lead,
        summary=_filled(lead.summary, second.summary, *_by_words(lead, second)),
        sources=sources,
        laps=lead.laps or second.laps,
        device_totals=lead.device_totals or second.device_totals,
    )


def corrected(before: Arrival, after: Arrival) -> Arrival:
    """A view after the same source spoke again: its new words, its new figures if no file has any.

    Streams, laps and device totals stay where the newer word brings none.
    """
    if before.rights != after.rights:
        return combined(before, after)
    lead, second = (before, after) if _richness(before.streams) > (0, 0) else (after, before)
    both = _filled(lead.summary, second.summary, after.summary, before.summary)
    return replace(combined(before, after), summary=both)


def _leads_by(view: Arrival) -> tuple[object, ...]:
    """Sorts first what leads: wider rights, richer streams, better kind, then any fixed order."""
    channels, samples = _richness(view.streams)
    best = min((_RANK.get(each.kind, _LAST_RANK), each.content_sha256) for each in view.sources)
    return (-_RIGHTS_ORDER.index(view.rights), -channels, -samples, *best)


def _richness(streams: pl.DataFrame) -> tuple[int, int]:
    """How much a recording tells: channels with data, samples."""
    filled = sum(streams[name].null_count() < streams.height for name in _CHANNELS)
    return (filled, streams.height)


def _by_words(lead: Arrival, second: Arrival) -> tuple[Summary, Summary]:
    turned = second.is_written_by_a_person and not lead.is_written_by_a_person
    first, then = (second, lead) if turned else (lead, second)
    return first.summary, then.summary


def _filled(lead: Summary, second: Summary, words: Summary, more_words: Summary) -> Summary:
    """Figures of `lead`, gaps filled from `second`; words of `words`, then of `more_words`."""
    values: dict[str, Any] = {
        name: getattr(second, name) for name in _MEASURED if getattr(lead, name) is None
    }
    for name in _WRITTEN:
        said: Any = getattr(words, name)
        values[name] = getattr(more_words, name) if said is None else said
    values["sport"] = _told_best(words.sport, more_words.sport)
    values["is_manual"] = lead.is_manual and second.is_manual
    return lead.model_copy(update=values)


def _told_best(sport: str, other: str) -> str:
    """What somebody called it, but a run by its kind: exports call a treadmill run just a run."""
    if sport == "unknown" or (sport == "running" and other in RUN_SPORTS):
        return other
    return sport


@dataclass
class Shelf:
    """The activities of one user while something is ingested.

    Args:
        register: by what each activity is recognised.
        fetch: brings one activity of the history, whole.
        rights: of each activity in the history.
    """

    register: identity.Register
    fetch: Callable[[str], Arrival]
    rights: dict[str, Rights]
    waiting: dict[str, Arrival] = field(default_factory=dict[str, Arrival])

    def take(self, view: Arrival, known_file: str | None = None) -> Verdict:
        """Decide what an arrival is, and keep it waiting to be written.

        Args:
            view: what came.
            known_file: content hash of a file that belongs to it and came in before.
        """
        seen = view.seen
        of_file = [] if known_file is None else self.register.of_content(known_file)
        known_id = next(iter(of_file), None) or self.register.find(seen)
        if known_id is None:
            self._put(identity.activity_id(view.sources[0], self.register), view)
            return "loaded"
        before = self._view(known_id)
        if seen.keys <= before.seen.keys:
            return "already_known"
        again = bool(_natives(seen) & _natives(before.seen))
        self._put(known_id, (corrected if again else combined)(before, view))
        return "updated" if again else "merged"

    def restate(self, content_sha256: str, rights: Rights | None) -> Verdict:
        """What came in before comes again, perhaps with other rights, as the person says."""
        changed = [
            known_id
            for known_id in self.register.of_content(content_sha256)
            if rights is not None and self.rights[known_id] != rights
        ]
        for known_id in changed:
            self._put(known_id, replace(self._view(known_id), rights=rights or "none"))
        return "updated" if changed else "already_known"

    def emptied(self) -> dict[str, Arrival]:
        """What waits to be written, by activity id; from now on the history has it."""
        waiting, self.waiting = self.waiting, {}
        return waiting

    def _view(self, activity_id: str) -> Arrival:
        return self.waiting.get(activity_id) or self.fetch(activity_id)

    def _put(self, activity_id: str, view: Arrival) -> None:
        self.waiting[activity_id] = view
        self.rights[activity_id] = view.rights
        self.register.put(activity_id, view.seen)


def _natives(seen: identity.Sighting) -> set[str]:
    return {key for key in seen.keys if key.startswith("native:")}
