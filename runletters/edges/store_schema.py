"""Tables of the operational store, as the newest migration leaves them.

Says only what the columns are called and how values travel; the tables are made by
`store_migrations`. A test compares both on SQLite and Postgres.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA = sa.MetaData()


class Utc(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz on Postgres, ISO text that sorts on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Text where the database has no type for times."""
        own = sa.Text() if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times: nobody could tell later which clock they meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone ({value}); expected an aware datetime")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give back what was put in, in UTC."""
        if value is None:
            return None
        return (datetime.fromisoformat(value) if dialect.name == "sqlite" else value).astimezone(
            UTC
        )


def storable(text: str) -> str:
    """Text that both databases can keep.

    Postgres refuses NUL and neither takes half a surrogate pair; one odd character in one
    text must not undo a whole window, so they are dropped or shown as a question mark.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


class Words(TypeDecorator[str]):
    """Text, made storable on its way in."""

    impl = sa.Text()
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text without what cannot be stored."""
        del dialect
        return None if value is None else storable(value)


def _column(name: str, kind: Any = Words, *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=key)


users = sa.Table(
    "users",
    METADATA,
    _column("user_id", key=True),
    _column("tier"),
    _column("preferences"),  # JSON of users.Preferences
    _column("created_at", Utc),
    _column("updated_at", Utc),
)

locks = sa.Table(
    "locks",
    METADATA,
    _column("name", key=True),
    _column("owner"),
    _column("lease_until", Utc),
)

generation_status = sa.Table(
    "generation_status",
    METADATA,
    _column("user_id", key=True),
    _column("activity_id", key=True),
    *(
        _column(f"{kind}_{name}", column_type)
        for kind in ("letter", "coaching")
        for name, column_type in (
            ("status", Words),
            ("error_type", Words),
            ("error", Words),
            ("started_at", Utc),
            ("completed_at", Utc),
            ("fingerprint", Words),
            ("owner", Words),
            ("lease_until", Utc),
        )
    ),
)

content = sa.Table(
    "content",
    METADATA,
    _column("content_id", key=True),
    _column("user_id"),
    _column("activity_id"),
    _column("kind"),
    _column("version", sa.BigInteger),
    _column("is_current", sa.Boolean),
    _column("body"),
    _column("structured"),  # JSON of the insight's fields
    _column("edited_body"),
    _column("edited_at", Utc),
    _column("writer"),
    _column("model"),
    _column("prompt_sha256"),
    _column("fingerprint"),
    _column("is_fallback", sa.Boolean),
    _column("findings"),  # JSON list
    _column("created_at", Utc),
    _column("superseded_at", Utc),
)

attempts = sa.Table(
    "attempts",
    METADATA,
    _column("attempt_id", key=True),
    _column("user_id"),
    _column("activity_id"),
    _column("kind"),
    _column("fingerprint"),
    _column("flow_run_id"),
    _column("mode"),
    _column("writer"),
    _column("model"),
    _column("prompt_sha256"),
    _column("started_at", Utc),
    _column("ended_at", Utc),
    *(
        _column(name, sa.BigInteger)
        for name in (
            "latency_ms",
            "input_tokens",
            "output_tokens",
            "cache_write_tokens",
            "cache_read_tokens",
            "cost_nano_usd",
        )
    ),
    _column("price_as_of"),
    _column("outcome"),
    _column("stop_reason"),
    _column("error_type"),
    _column("error"),
    _column("request_id"),
    _column("reply"),
)

findings = sa.Table(
    "findings",
    METADATA,
    _column("finding_id", key=True),
    _column("attempt_id"),
    _column("user_id"),
    _column("activity_id"),
    _column("kind"),
    _column("model"),
    _column("prompt_sha256"),
    _column("rule"),
    _column("severity"),
    _column("span_start", sa.BigInteger),
    _column("span_end", sa.BigInteger),
    _column("found"),
    _column("expected"),
    _column("message"),
    _column("found_at", Utc),
)

flow_outcomes = sa.Table(
    "flow_outcomes",
    METADATA,
    _column("flow_run_id", key=True),
    _column("flow"),
    _column("user_id"),
    _column("state"),
    _column("started_at", Utc),
    _column("ended_at", Utc),
    _column("summary"),  # JSON
)

quarantine = sa.Table(
    "quarantine",
    METADATA,
    _column("user_id", key=True),
    _column("content_sha256", key=True),
    _column("file", key=True),
    _column("reason_code", key=True),
    _column("reason"),
    _column("remedy"),
    _column("first_seen_at", Utc),
    _column("last_seen_at", Utc),
)

source_polls = sa.Table(
    "source_polls",
    METADATA,
    _column("poll_id", key=True),
    _column("user_id"),
    _column("source"),
    _column("state"),
    *(_column(name, sa.BigInteger) for name in ("found", "loaded", "withheld", "quarantined")),
    _column("reason"),
    _column("remedy"),
    _column("polled_at", Utc),
)

budgets = sa.Table(
    "budgets",
    METADATA,
    _column("scope", key=True),
    _column("spent_nano_usd", sa.BigInteger),
    _column("reserved_nano_usd", sa.BigInteger),
    _column("limit_nano_usd", sa.BigInteger),  # of a single run that was given one
)

reservations = sa.Table(
    "reservations",
    METADATA,
    _column("attempt_id", key=True),
    _column("scopes"),  # JSON list of the accounts' keys
    _column("worst_nano_usd", sa.BigInteger),
    _column("owner"),
    _column("state"),
    _column("lease_until", Utc),
)

live_runs = sa.Table(
    "live_runs",
    METADATA,
    _column("flow_run_id", key=True),
    _column("model", key=True),
    _column("process"),
    _column("seen_until", Utc),
)

batches = sa.Table(
    "batches",
    METADATA,
    _column("batch_key", key=True),
    _column("flow_run_id"),
    _column("model"),
    _column("state"),
    _column("provider_id"),
    _column("request_count", sa.BigInteger),
    _column("created_at", Utc),
    _column("submitted_at", Utc),
    _column("ended_at", Utc),
)

batch_lines = sa.Table(
    "batch_lines",
    METADATA,
    _column("custom_id", key=True),
    _column("batch_key"),
    _column("attempt_id"),
    _column("user_id"),
    _column("item"),  # JSON of the WorkItem
    _column("reservation"),  # JSON of what was set aside for it
    _column("result"),  # type of the line's result, once it was settled
    _column("activity_id"),
    _column("kind"),
)

engagement = sa.Table(
    "engagement",
    METADATA,
    _column("user_id", key=True),
    _column("event_id", key=True),
    _column("kind"),
    _column("item"),
    _column("act"),
    _column("rating", sa.BigInteger),
    _column("happened_at", Utc),
    _column("told_by"),
)

PUBLISHED: tuple[sa.Table, ...] = (
    users,
    generation_status,
    content,
    attempts,
    findings,
    flow_outcomes,
    quarantine,
    source_polls,
    engagement,
)
"""What readers may see; locks are nobody's business."""


def frame_schema(columns: sa.ColumnCollection[str, Any]) -> dict[str, pl.DataType]:
    """Polars types of these columns: times are `Datetime('us', 'UTC')`."""
    return {column.name: _polars_type(column.type) for column in columns}


def _polars_type(column_type: sa.types.TypeEngine[Any]) -> pl.DataType:
    if isinstance(column_type, Utc):
        return pl.Datetime("us", "UTC")
    if isinstance(column_type, sa.Boolean):
        return pl.Boolean()
    return pl.Int64() if isinstance(column_type, sa.Integer) else pl.String()
