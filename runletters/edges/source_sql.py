"""A query against an app's own database, read only, from a watermark on."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, SQLAlchemyError

from runletters.activities import Problem, Recording, Summary
from runletters.activities import Source as Origin
from runletters.edges.read_common import clean_text
from runletters.edges.read_sports import word_sport
from runletters.errors import HistoryError, SettingsError
from runletters.sources import COLUMNS, Sql

KIND = "sql"
_WORDS = {"title": 200, "notes": 2_000, "private_notes": 2_000}


@dataclass(frozen=True, kw_only=True)
class SqlRows:
    """What a query brought."""

    recordings: list[Recording]
    problems: list[Problem]
    watermark: str | None


def read_sql(config: Sql, url: str, watermark: str | None) -> SqlRows:
    """The rows that are newer than the watermark, as activities.

    Args:
        config: query and columns.
        url: SQLAlchemy URL, with its password.
        watermark: JSON of the greatest value seen; the source's own start if None.

    Raises:
        SettingsError: the URL, the query or a column cannot be used.
        HistoryError: the database cannot be reached.
    """
    rows = _rows(config, url, _start(config) if watermark is None else json.loads(watermark))
    good: list[Recording] = []
    bad: list[Problem] = []
    for number, row in enumerate(rows, 1):
        try:
            good.append(_recording(config, row))
        except (ValidationError, ValueError, TypeError, OverflowError) as error:
            bad.append(_problem(number, row, error))
    marks = [row[config.watermark] for row in rows if row.get(config.watermark) is not None]
    newest = json.dumps(_plain(max(marks))) if marks else watermark
    return SqlRows(recordings=good, problems=bad, watermark=newest)


def _start(config: Sql) -> str | int:
    return int(config.start) if config.start.lstrip("-").isdigit() else config.start


def _rows(config: Sql, url: str, after: object) -> list[dict[str, Any]]:
    try:
        engine = sa.create_engine(url)
    except (ArgumentError, ImportError) as error:
        raise SettingsError(
            f"The source's database address cannot be used ({type(error).__name__}).",
            remedy="Give a SQLAlchemy URL, such as postgresql+psycopg://user@host/app.",
        ) from None
    try:
        with engine.connect() as connection:
            _read_only(connection)
            found = connection.execute(sa.text(config.query), {"watermark": after})
            rows = [dict(row) for row in found.mappings()]
    except DBAPIError as error:
        raise _trouble(error) from None
    except SQLAlchemyError as error:
        raise SettingsError(f"The source's query cannot be used: {_line(error)}.") from None
    finally:
        engine.dispose()
    return _checked(config, rows)


def _read_only(connection: sa.Connection) -> None:
    """A query of a source never changes the app's data, whatever it says."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _trouble(error: DBAPIError) -> HistoryError | SettingsError:
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return HistoryError("The source's database cannot be reached.")
    return SettingsError(
        f"The source's database says: {_line(error.orig or error)}.",
        remedy="Try the query by hand; is the database there, and may this user read it?",
    )


def _line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:300]


def _checked(config: Sql, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    needed = [config.watermark, *(config.columns.get(name, name) for name in ("id", "started_at"))]
    missing = [name for name in needed if rows and name not in rows[0]]
    if missing:
        raise SettingsError(
            f"The source's query brings no column {', '.join(missing)}; "
            f"it brings {', '.join(rows[0])}.",
            remedy="Name it in the query, or map it: --column started_at=begin_ts",
        )
    return rows


def _recording(config: Sql, row: Mapping[str, Any]) -> Recording:
    theirs = {name: config.columns.get(name, name) for name in COLUMNS}
    values = {name: _value(row[column]) for name, column in theirs.items() if column in row}
    native, started = values.pop("id"), _moment(values.pop("started_at"))
    if native is None:
        raise ValueError("id is empty")
    values |= {name: clean_text(values.get(name), most) for name, most in _WORDS.items()}
    values["sport"] = word_sport(values.get("sport"))
    kept = {key: value for key, value in values.items() if value is not None}
    summary = Summary.model_validate(kept | {"started_at": started})
    content = json.dumps([str(native), summary.model_dump(mode="json")], sort_keys=True)
    return Recording(
        summary=summary,
        source=Origin(
            kind=KIND,
            file=f"sql/{native}",
            content_sha256=hashlib.sha256(content.encode()).hexdigest(),
            native_id=str(native),
        ),
    )


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return None if isinstance(value, float) and math.isnan(value) else value


def _moment(value: Any) -> datetime:
    """A time; one without a zone is UTC, numbers are seconds since 1970."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(read, datetime):
        raise TypeError(f"started_at is {type(value).__name__}, expected a time")
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _plain(value: Any) -> str | int | float:
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, int | float) else str(value)


def _problem(number: int, row: Mapping[str, Any], error: Exception) -> Problem:
    found = str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        found = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    content = json.dumps({key: str(value) for key, value in row.items()}, sort_keys=True)
    return Problem(
        file=f"sql/row {number}",
        content_sha256=hashlib.sha256(content.encode()).hexdigest(),
        reason_code="bad_row",
        reason=f"A row of the query: {found.strip().rstrip('.')}.",
        remedy="Correct that row in the app's database; the others are loaded.",
    )
