"""Where a runner's new activities come from: kinds of sources and what each needs.

Pure: no clock, no network, no database. Secrets are never in here, only where they are:
`env:NAME` (environment or .env) or `block:NAME` (a Secret block of Prefect).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from runletters.activities import Rights, Summary
from runletters.errors import SettingsError

_REFERENCE = re.compile(r"(env|block):[\w.-]+")
_PASSWORD = re.compile(r"//[^/@]*:[^/@]+@")
WATERMARK = ":watermark"
COLUMNS = ("id", *(name for name in Summary.model_fields if name != "quality"))
"""What a query may bring; `id` and `started_at` it must."""


def _reference(value: str) -> str:
    if not _REFERENCE.fullmatch(value):
        raise ValueError("expected env:NAME or block:NAME, never the secret itself")
    return value


def _no_password(value: str) -> str:
    if _PASSWORD.search(value):
        raise ValueError("holds a password; give the address as env:NAME or block:NAME")
    return value


def _asks_for_new(value: str) -> str:
    if not value.lstrip().lower().startswith(("select", "with")) or WATERMARK not in value:
        raise ValueError(f"expected a SELECT that compares with {WATERMARK}")
    return value


Reference: TypeAlias = Annotated[str, AfterValidator(_reference)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Inbox(_Frozen):
    """A folder or s3:// prefix; whatever ingest knows may lie in it."""

    kind: Literal["inbox"] = "inbox"
    path: str = Field(min_length=1)
    rights: Rights | None = None


class Intervals(_Frozen):
    """An account of intervals.icu."""

    kind: Literal["intervals"] = "intervals"
    key: Reference
    athlete: str = Field(default="0", pattern=r"i?\d+")  # 0: whose key it is
    since: str = Field(default="2000-01-01", pattern=r"\d{4}-\d{2}-\d{2}")
    rights: Rights | None = None


class Sql(_Frozen):
    """A query against an app's own database, from a watermark on."""

    kind: Literal["sql"] = "sql"
    url: Annotated[str, AfterValidator(_no_password)]  # a SQLAlchemy URL, or a reference
    query: Annotated[str, AfterValidator(_asks_for_new)]
    watermark: str = Field(min_length=1)  # the column that grows
    start: str = "1970-01-01 00:00:00"
    columns: dict[str, str] = Field(default_factory=dict)  # ours: theirs
    rights: Rights | None = None


Config: TypeAlias = Annotated[Inbox | Intervals | Sql, Field(discriminator="kind")]
_CONFIG: TypeAdapter[Inbox | Intervals | Sql] = TypeAdapter(Config)


class Source(_Frozen):
    """One source of one user, as the store keeps it."""

    user_id: str
    name: str
    config: Inbox | Intervals | Sql
    watermark: str | None = None
    state: Literal["new", "ok", "failed"] = "new"
    reason: str | None = None
    remedy: str | None = None
    polled_at: datetime | None = None


class Polled(_Frozen):
    """What one look at one source brought."""

    user_id: str
    source: str
    state: Literal["ok", "failed"] = "ok"
    found: int = 0  # activities or files that were new to us
    loaded: int = 0
    withheld: int = 0  # stubs that may not be read, counted only
    quarantined: int = 0
    watermark: str | None = None
    reason: str | None = None
    remedy: str | None = None


def shown(polled: Polled) -> dict[str, str]:
    """What came in as a row for people: as few columns as a phone has room for."""
    counts = {
        "loaded": polled.loaded, "withheld": polled.withheld, "quarantined": polled.quarantined,
    }  # fmt: skip
    came = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    why = " ".join(said for said in (polled.reason, polled.remedy) if said)
    if polled.state == "failed":
        came = f"failed; {came}" if came else "failed"
    return {
        "user_id": polled.user_id,
        "source": polled.source,
        "came in": came or "nothing new",
        "why": why,
    }


class Announcement(_Frozen):
    """Runs of one user that came in and are to be written about, by local day."""

    user_id: str
    since: str  # YYYY-MM-DD
    until: str
    runs: int


def read_config(values: dict[str, Any]) -> Inbox | Intervals | Sql:
    """A source's settings.

    Raises:
        SettingsError: one is missing, unknown or wrong; says which and what is expected.
    """
    try:
        config = _CONFIG.validate_python(values)
    except ValidationError as error:
        found = "; ".join(
            f"{each['loc'][-1] if each['loc'] else 'kind'}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"The source cannot be used: {found}.") from None
    if isinstance(config, Sql) and (unknown := sorted(set(config.columns) - set(COLUMNS))):
        raise SettingsError(
            f"The source maps {', '.join(unknown)}, which no activity has.",
            remedy=f"Known: {', '.join(COLUMNS)}.",
        )
    return config
