"""FIT files: one recording per session, exactly as the device wrote its totals.

fitfast reads what is sound, the official SDK what is not. Chained files, several
sessions in one file, and files that are no activity are told apart here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from runletters.activities import DeviceTotals, ReadResult, Recording, Source
from runletters.edges.fit_fast import decode_fast
from runletters.edges.fit_messages import Decoded, Message, Part, group_parts, parts
from runletters.edges.fit_samples import by_session, samples
from runletters.edges.fit_sdk import decode_patiently, garmin_products
from runletters.edges.fit_totals import device, device_totals, lap, utc_offset_s
from runletters.edges.read_common import number, refused
from runletters.edges.read_sports import fit_sport
from runletters.edges.read_totals import Said, summarise
from runletters.streams import clean_streams

START_SLACK_S = 60  # records that begin earlier than their session by more correct its start
START_LEAD_S = 86_400  # a session that starts a day before its records had no clock yet


@dataclass(frozen=True, kw_only=True)
class Session:
    """The messages of one session: what the device said and what it recorded."""

    session: Message
    records: Sequence[Message]
    laps: Sequence[Message]
    group: Decoded

    def has_time(self) -> bool:
        """Whether anything says when this was."""
        times = (record.get("timestamp") for record in self.records)
        return self.session.get("start_time") is not None or any(time is not None for time in times)


def read_fit(file: str, content: bytes, content_sha256: str) -> ReadResult:
    """All sessions of one FIT file, or the problem that it holds none."""
    groups = group_parts([_decode(part) for part in parts(content)])
    sessions = [each for group in groups if _is_activity(group) for each in _sessions(group)]
    found = [session for session in sessions if session.has_time()]
    if not found:
        return refused(file, content_sha256, *_why_not(groups, sessions))
    recordings = tuple(
        _recording(
            session,
            Source(
                kind="fit",
                file=file,
                content_sha256=content_sha256,
                native_id=f"session-{index}" if len(found) > 1 else None,
            ),
        )
        for index, session in enumerate(found)
    )
    return ReadResult(file=file, content_sha256=content_sha256, recordings=recordings)


def _decode(part: Part) -> Decoded:
    fast = None if part.is_cut else decode_fast(part.content)
    return fast or decode_patiently(part)


def _file_types(group: Decoded) -> list[str]:
    # A few programs leave the type out of an otherwise good activity.
    types = (each.get("type", "activity") for each in group.messages.get("file_id", []))
    return [str(each) for each in types]


def _is_activity(group: Decoded) -> bool:
    types = _file_types(group)
    return not types or "activity" in types


def _sessions(group: Decoded) -> Iterator[Session]:
    """Sessions in order of time with their records and laps; one without a summary if need be."""
    messages = group.messages
    records, laps = messages.get("record", []), messages.get("lap", [])
    written = sorted(messages.get("session", []), key=_start_s)
    if not written and not records:
        return
    starts = [_start_s(session) for session in written]
    split = zip(
        written or [_unwritten(group)],
        by_session(records, "timestamp", starts),
        by_session(laps, "start_time", starts),
        strict=True,
    )
    for session, own_records, own_laps in split:
        yield Session(session=session, records=own_records, laps=own_laps, group=group)


def _unwritten(group: Decoded) -> Message:
    """A session of a recording that broke off: only the sport may be known."""
    sport: Message = next(iter(group.messages.get("sport", [])), Message())
    return {key: sport[key] for key in ("sport", "sub_sport") if key in sport}


def _start_s(session: Message) -> float:
    return number(session.get("start_time")) or 0.0


def _why_not(groups: Sequence[Decoded], sessions: Sequence[Session]) -> tuple[str, str]:
    if not groups:
        return "unreadable", "No FIT header at the start of the file."
    if sessions:
        return "no_times", "A FIT recording without a start and without times; a run needs them."
    types = {kind for group in groups for kind in _file_types(group)} - {"activity"}
    if types:
        kinds = ", ".join(sorted(types)).replace("_", " ")
        return "not_an_activity", f"A FIT file of type {kinds}, not a recording."
    if any(group.flags for group in groups):
        return "unreadable", "A FIT file that breaks off before its first record."
    return "no_points", "A FIT activity without sessions and records."


def _recording(session: Session, source: Source) -> Recording:
    messages = session.group.messages
    frame = samples(session.records, messages.get("event", []))
    start_s, is_corrected = _corrected_start_s(session, frame)
    streams = clean_streams(frame, started_at_s=start_s)
    laps = tuple(lap(index, message) for index, message in enumerate(session.laps))
    totals = device_totals(session.session, laps) if _is_written(session) else None
    said = Said(
        sport=fit_sport(session.session.get("sport"), session.session.get("sub_sport")),
        utc_offset_s=utc_offset_s(messages.get("activity", [])),
        device=device(messages.get("file_id", []), garmin_products()),
        power_avg_w=number(session.session.get("avg_power")),
        totals=totals or DeviceTotals(),
        flags=(*session.group.flags, *(("start_corrected",) if is_corrected else ())),
    )
    return Recording(
        summary=summarise(streams, said),
        source=source,
        streams=streams.frame,
        laps=laps,
        device_totals=totals,
    )


def _is_written(session: Session) -> bool:
    return session.session in session.group.messages.get("session", [])


def _corrected_start_s(session: Session, frame: pl.DataFrame) -> tuple[float | None, bool]:
    """The session's start, else None and whether the records prove it wrong."""
    start_s = number(session.session.get("start_time"))
    first_s: list[float] = frame["time_s"].drop_nulls().head(1).to_list()
    if start_s is None or not first_s:
        return start_s, False
    is_wrong = not -START_SLACK_S <= first_s[0] - start_s <= START_LEAD_S
    return (None if is_wrong else start_s), is_wrong
