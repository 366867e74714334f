"""Reads `activities.json` of running_page: one JSON list, one object per activity.

The address in `location_country` is never looked at: it can be a whole street address.
Where the rows came from is not in the file; it may have been an API whose terms forbid
handing them to a model, so they are `local_only` until the person says otherwise.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from runletters.activities import (
    RUN_SPORTS,
    DeviceTotals,
    Problem,
    ReadResult,
    Recording,
    Source,
    Summary,
)
from runletters.content import canonical_json
from runletters.edges.read_common import MOST_OFFSET_S, QUARTER_HOUR_S, clean_text
from runletters.edges.read_sports import FOOT_SPORTS, word_sport
from runletters.edges.read_totals import FOOT_MEAN_LIMIT_M_S, WHEEL_LIMIT_M_S

KIND = "running_page"
_MARK = re.compile(rb'\A\s*(\xef\xbb\xbf)?\[\s*(\]|\{[^{}]*"run_id"\s*:)')
_LONGEST_LINE = 20_000  # characters of an encoded route; a marathon has some thousand
_TIME = re.compile(
    r"(?:1970-01-01 )?(?:(?P<days>\d+) days?, )?(?P<h>\d+):(?P<m>[0-5]\d):(?P<s>[0-5]\d(?:\.\d+)?)"
)


def is_running_page(name: str, head: bytes) -> bool:
    """Whether a JSON file is running_page's, by its first bytes and, if empty, by its name."""
    found = _MARK.match(head)
    return found is not None and (found[2] != b"]" or name.endswith("activities.json"))


def _seconds(value: object) -> object:
    """`H:MM:SS`, `1 day, H:MM:SS`, a moment of 1970-01-01, or plain seconds."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value
    days, hours, minutes = (int(found[part] or 0) for part in ("days", "h", "m"))
    return days * 86_400 + hours * 3_600 + minutes * 60 + float(found["s"])


def _in_utc(value: object) -> object:
    """A moment; one without a zone is UTC, as the field's name in running_page says."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment


_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Seconds = Annotated[_Amount, BeforeValidator(_seconds)]


class _Row(BaseModel):
    """What is taken of one object. Every other field is left where it is."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    run_id: Annotated[str, Field(min_length=1)]
    name: str | None = None
    distance: _Amount
    moving_time: _Seconds
    elapsed_time: _Seconds | None = None
    type: str | None = None
    subtype: str | None = None
    start_date: Annotated[datetime, BeforeValidator(_in_utc)]
    start_date_local: datetime | None = None
    summary_polyline: str | None = None
    average_heartrate: Annotated[float, Field(allow_inf_nan=False)] | None = None
    average_speed: Annotated[float, Field(allow_inf_nan=False)] | None = None
    elevation_gain: Annotated[float, Field(allow_inf_nan=False)] | None = None


def read_running_page(name: str, content: bytes) -> ReadResult:
    """Every activity of the file; a row that cannot be read is a problem of its own.

    Args:
        name: the name to show.
        content: the JSON, UTF-8.
    """
    content_sha256 = hashlib.sha256(content).hexdigest()
    try:
        rows = json.loads(content)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "its bytes"
        return _refused(name, content_sha256, f"The file is not whole JSON; it breaks at {where}.")
    if not isinstance(rows, list):
        return _refused(name, content_sha256, "The JSON is no list; expected one of activities.")
    read = [_read_row(name, number, row) for number, row in enumerate(cast("list[Any]", rows), 1)]
    return ReadResult(
        file=name,
        content_sha256=content_sha256,
        recordings=tuple(one for one in read if isinstance(one, Recording)),
        problems=tuple(one for one in read if isinstance(one, Problem)),
    )


def _refused(name: str, content_sha256: str, reason: str) -> ReadResult:
    problem = Problem(
        file=name,
        content_sha256=content_sha256,
        reason_code="broken_json",
        reason=reason,
        remedy="Let running_page write the file again.",
    )
    return ReadResult(file=name, content_sha256=content_sha256, problems=(problem,))


def _read_row(name: str, number: int, row: Any) -> Recording | Problem:
    try:
        return _recording(name, _Row.model_validate(row))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        reason = f"Activity {number}: {'.'.join(map(str, found['loc'])) or 'row'}: {found['msg']}."
    except (ValueError, OverflowError) as error:
        reason = f"Activity {number}: {type(error).__name__} in one of its times."
    return Problem(
        file=name,
        content_sha256=_hash(row),
        reason_code="bad_row",
        reason=reason,
        remedy="Correct that activity in the file; the others are loaded.",
    )


def _hash(row: Any) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()


def _recording(name: str, row: _Row) -> Recording:
    # Only what is taken counts: running_page's own `streak` changes with every new activity.
    kept = hashlib.sha256(canonical_json(row.model_dump(mode="json")).encode()).hexdigest()
    heart_rate = row.average_heartrate or None
    return Recording(
        summary=_summary(row, heart_rate),
        source=Source(kind=KIND, file=name, content_sha256=kept, native_id=row.run_id),
        device_totals=DeviceTotals(
            elapsed_s=row.elapsed_time,
            timer_s=row.moving_time,
            distance_m=row.distance,
            heart_rate_avg_bpm=heart_rate,
            elevation_gain_m=row.elevation_gain,
            speed_avg_m_s=row.average_speed,
        ),
        rights="local_only",
    )


def _summary(row: _Row, heart_rate: float | None) -> Summary:
    sport = _sport(row)
    return Summary(
        started_at=row.start_date,
        utc_offset_s=_offset_s(row),
        sport=sport,
        title=clean_text(row.name, 200),
        distance_m=row.distance,
        elapsed_s=row.elapsed_time,
        moving_s=row.moving_time,
        elevation_gain_m=row.elevation_gain,
        heart_rate_avg_bpm=heart_rate,
        route_polyline=(row.summary_polyline or "")[:_LONGEST_LINE] or None,
        quality=tuple(_quality(row, sport)),
    )


def _sport(row: _Row) -> str:
    """`type`, or `subtype` where that says which kind of run it was."""
    broad, narrow = word_sport(row.type), word_sport(row.subtype)
    return narrow if broad in {"running", "unknown"} and narrow in RUN_SPORTS else broad


def _offset_s(row: _Row) -> int | None:
    """The runner's own clock minus UTC, in whole quarters of an hour."""
    if row.start_date_local is None:
        return None
    apart = row.start_date_local.replace(tzinfo=None) - row.start_date.replace(tzinfo=None)
    rounded = round(apart / timedelta(seconds=QUARTER_HOUR_S)) * QUARTER_HOUR_S
    return rounded if abs(rounded) <= MOST_OFFSET_S else None


def _quality(row: _Row, sport: str) -> Iterable[str]:
    limit_m_s = FOOT_MEAN_LIMIT_M_S if sport in FOOT_SPORTS else WHEEL_LIMIT_M_S
    speeds_m_s = (row.average_speed or 0.0, row.distance / max(row.moving_time, 1.0))
    if max(speeds_m_s) > limit_m_s:
        yield "implausible_speed"
