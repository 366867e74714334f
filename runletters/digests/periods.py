"""Which days a digest is about, what it stands beside, and when it is due.

Pure: no clock, no network, no database. Days are days of the runner's own calendar.

A week is the seven days that end on a day, whichever weekday that is, so nobody's count
starts again at zero on Monday. A month or a year goes from its first day to that day, and
the earlier ones are cut at the same point: 1 to 15 March beside 1 to 15 February.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

Window: TypeAlias = Literal["week", "month", "year"]
WINDOWS: tuple[Window, ...] = get_args(Window)

BREAKFAST = time(6, 0)
"""The runner's own clock, on the day after the period."""
LATEST = timedelta(hours=30)
"""After an outage a digest is still sent this long after breakfast; later it is old news."""


class Period(BaseModel):
    """Days from the first to the last, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: Window
    first: date
    last: date

    @property
    def key(self) -> str:
        """What the store knows it by."""
        return f"{self.first.isoformat()}/{self.last.isoformat()}"

    @property
    def item(self) -> str:
        """What its digest is called among texts, calls and mails."""
        return f"{self.window} {self.key}"

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the week, month or year is still to come."""
        return self.last == _end_of(self.window, self.first)

    def earlier(self, steps: int) -> Period:
        """The period as many weeks, months or years before, cut at the same point."""
        if self.window == "week":
            back = timedelta(weeks=steps)
            return self._between(self.first - back, self.last - back)
        first = _months_before(self.first, steps * (12 if self.window == "year" else 1))
        end = _end_of(self.window, first)
        return self._between(first, end if self.is_whole else min(_same_point(self, first), end))

    def _between(self, first: date, last: date) -> Period:
        return Period(window=self.window, first=first, last=last)


def period_ending(window: Window, last: date) -> Period:
    """The period of that kind that ends on that day."""
    first = {
        "week": last - timedelta(days=6),
        "month": last.replace(day=1),
        "year": last.replace(month=1, day=1),
    }[window]
    return Period(window=window, first=first, last=last)


def last_whole(window: Window, today: date) -> Period:
    """The newest week (Monday to Sunday), month or year that was over before this day."""
    if window == "week":
        return period_ending(window, today - timedelta(days=today.weekday() + 1))
    start = today.replace(day=1) if window == "month" else today.replace(month=1, day=1)
    return period_ending(window, start - timedelta(days=1))


def due_at(period: Period, zone: ZoneInfo) -> datetime:
    """The moment its digest is due: six in the morning after it, on the runner's clock."""
    morning = datetime.combine(period.last + timedelta(days=1), BREAKFAST, zone)
    return morning.astimezone(UTC)


def due_period(window: Window, now: datetime, zone: ZoneInfo) -> Period | None:
    """The period whose digest may be sent at this moment, or None.

    Args:
        window: week, month or year.
        now: aware; the moment that is asked about.
        zone: the runner's time zone.
    """
    period = last_whole(window, now.astimezone(zone).date())
    due = due_at(period, zone)
    return period if due <= now < due + LATEST else None


def _end_of(window: Window, first: date) -> date:
    if window == "week":
        return first + timedelta(days=6)
    if window == "year":
        return first.replace(month=12, day=31)
    return first.replace(day=monthrange(first.year, first.month)[1])


def _months_before(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _same_point(period: Period, first: date) -> date:
    """The same day of month (and month, in a year); the month's last where it is shorter."""
    month = first.month if period.window == "month" else period.last.month
    day = min(period.last.day, monthrange(first.year, month)[1])
    return date(first.year, month, day)
