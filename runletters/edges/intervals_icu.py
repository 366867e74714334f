"""intervals.icu: lists a runner's activities and brings the recordings, by the documented API.

Basic auth with the user `API_KEY`. Activities that came to intervals.icu from Strava are
listed as stubs without any figure; they are counted and never read.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runletters.activities import Problem, Recording, Source, Summary
from runletters.content import canonical_json
from runletters.edges.read_common import MOST_OFFSET_S, QUARTER_HOUR_S, clean_text
from runletters.edges.read_sports import word_sport
from runletters.errors import HistoryError, SettingsError

KIND = "intervals_icu"
BASE_URL = "https://intervals.icu"
_TIMEOUT_S = 60.0
_WAITS_S = (0.2, 1.0, 3.0)  # ten requests a second are allowed
_NO_FILE = frozenset({404, 410, 422})  # typed in by hand, or not to be handed out


class _Row(BaseModel):
    """What is taken of one activity of the list."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str = Field(min_length=1)
    start_date: datetime
    start_date_local: datetime
    type: str | None = None
    name: str | None = None
    distance: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    moving_time: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    elapsed_time: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    total_elevation_gain: float | None = Field(default=None, allow_inf_nan=False)
    average_heartrate: float | None = Field(default=None, allow_inf_nan=False)
    max_heartrate: float | None = Field(default=None, allow_inf_nan=False)
    race: bool | None = None


@dataclass(kw_only=True)
class Listing:
    """The activities of some days: rows that may be read, stubs, rows nobody understands."""

    recordings: list[Recording] = field(default_factory=list[Recording])
    stubs: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])


class IntervalsAccount:
    """One athlete's account, read only."""

    def __init__(self, key: str, *, athlete: str = "0", base_url: str = BASE_URL) -> None:
        self._athlete = athlete
        self._http = httpx.Client(
            base_url=f"{base_url}/api/v1/",
            auth=("API_KEY", key),
            timeout=_TIMEOUT_S,
            transport=httpx.HTTPTransport(retries=2),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def activities(self, oldest: date, newest: date) -> Listing:
        """What happened on those local days, both included, oldest first.

        Raises:
            SettingsError: the key is refused.
            HistoryError: the service does not answer as documented.
        """
        answer = self._get(
            f"athlete/{self._athlete}/activities",
            oldest=oldest.isoformat(),
            newest=newest.isoformat(),
        )
        rows = answer.json()
        if not isinstance(rows, list):
            raise HistoryError("intervals.icu answered no list of activities.", remedy=_LATER)
        return read_listing(cast("list[Any]", rows))

    def file_of(self, activity_id: str) -> bytes | None:
        """The recording as it was uploaded, perhaps gzipped; None where there is none."""
        answer = self._get(f"activity/{activity_id}/file", none_at=_NO_FILE)
        return answer.content if answer.status_code == 200 and answer.content else None

    def _get(
        self, path: str, *, none_at: frozenset[int] = frozenset(), **query: str
    ) -> httpx.Response:
        answer = self._asked(path, query)
        for wait_s in _WAITS_S:
            if answer.status_code != 429:
                break
            time.sleep(wait_s)
            answer = self._asked(path, query)
        if answer.status_code != 200 and answer.status_code not in none_at:
            raise _refusal(answer.status_code)
        return answer

    def _asked(self, path: str, query: dict[str, str]) -> httpx.Response:
        try:
            return self._http.get(path, params=query)
        except httpx.HTTPError as error:
            raise HistoryError(
                f"intervals.icu cannot be reached ({type(error).__name__}).", remedy=_LATER
            ) from None


_LATER = "It is tried again at the next look."


def _refusal(status: int) -> HistoryError | SettingsError:
    if status in {401, 403}:
        return SettingsError(
            f"intervals.icu refuses the key ({status}).",
            remedy="Take a new one from intervals.icu → Settings → Developer, and put it where "
            "the source looks for it.",
        )
    return HistoryError(f"intervals.icu answered {status}.", remedy=_LATER)


def read_listing(rows: Iterable[Any]) -> Listing:
    """Rows of the API's list; stubs are counted, odd rows become problems."""
    listing = Listing()
    for number, row in enumerate(rows, 1):
        if _is_stub(row):
            listing.stubs += 1
            continue
        try:
            listing.recordings.append(_recording(_Row.model_validate(row)))
        except (ValidationError, OverflowError, ValueError) as error:
            listing.problems.append(_problem(number, row, error))
    listing.recordings.sort(key=lambda each: each.summary.started_at)
    return listing


def _is_stub(row: Any) -> bool:
    """What came from Strava may not be handed out; the API says so in a note."""
    if not isinstance(row, dict):
        return False
    known = cast("dict[str, Any]", row)
    return str(known.get("source", "")).upper() == "STRAVA" or "STRAVA" in str(
        known.get("_note", "")
    )


def _recording(row: _Row) -> Recording:
    kept = hashlib.sha256(canonical_json(row.model_dump(mode="json")).encode()).hexdigest()
    started = row.start_date if row.start_date.tzinfo else row.start_date.replace(tzinfo=UTC)
    return Recording(
        summary=Summary(
            started_at=started,
            utc_offset_s=_offset_s(started, row.start_date_local),
            sport=word_sport(row.type),
            title=clean_text(row.name, 200),
            distance_m=row.distance,
            elapsed_s=row.elapsed_time,
            moving_s=row.moving_time,
            elevation_gain_m=row.total_elevation_gain,
            heart_rate_avg_bpm=row.average_heartrate or None,
            heart_rate_max_bpm=row.max_heartrate or None,
            is_race=row.race,
        ),
        source=Source(
            kind=KIND, file=f"intervals.icu/{row.id}", content_sha256=kept, native_id=row.id
        ),
    )


def _offset_s(started: datetime, local: datetime) -> int | None:
    apart = local.replace(tzinfo=None) - started.astimezone(UTC).replace(tzinfo=None)
    rounded = round(apart / timedelta(seconds=QUARTER_HOUR_S)) * QUARTER_HOUR_S
    return rounded if abs(rounded) <= MOST_OFFSET_S else None


def _problem(number: int, row: Any, error: Exception) -> Problem:
    found = str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        found = f"{'.'.join(map(str, first['loc'])) or 'row'}: {first['msg']}"
    return Problem(
        file=f"intervals.icu/row {number}",
        content_sha256=hashlib.sha256(canonical_json(row).encode()).hexdigest(),
        reason_code="bad_row",
        reason=f"Activity {number} of intervals.icu's list: {found}.",
        remedy="Look at that activity on intervals.icu; the others are loaded.",
    )
