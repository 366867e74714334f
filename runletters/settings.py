"""One frozen object that holds every setting; built in a flow's first line, never at import.

Reads the environment (prefix RUNLETTERS_) and `.env` in the current folder. The key
and address of Claude keep the names the official SDK gives them. A secret may be given as
`block:NAME`: the Secret block of that name on the Prefect server.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from runletters.batching import MOST_REQUESTS, WritingMode
from runletters.content import WriterName

BLOCK = "block:"
_SECRETS: list[Callable[[str], str]] = []
_SECRET_FIELDS = (
    "anthropic_api_key",
    "smtp_url",
    "unsubscribe_secret",
    "hook_secret",
    "stripe_webhook_secret",
    "store_url",
)


def use_secrets(resolve: Callable[[str], str]) -> None:
    """Say who knows the secret behind `block:NAME`; until then such a value stays as it is."""
    _SECRETS[:] = [resolve]


class Settings(BaseSettings):
    """Where things are kept and how texts are written."""

    model_config = SettingsConfigDict(
        env_prefix="RUNLETTERS_",
        env_file=".env",
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    home: Path = Field(
        default=Path("run-letters-data"),
        description="Folder of everything: store, history, results, published file.",
    )
    store_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL of the operational store; SQLite in the home folder if unset. "
        "postgresql+psycopg://user:password@host/db for several machines.",
    )
    history_url: str | None = Field(
        default=None,
        description="Folder or s3:// prefix of the Parquet history; home/history if unset.",
    )
    results_url: str | None = Field(
        default=None,
        description="Folder or s3:// prefix of Prefect's task results; home/results if unset.",
    )
    publish_url: str | None = Field(
        default=None,
        description="File or s3:// object of the published DuckDB file; "
        "home/warehouse.duckdb if unset.",
    )
    s3_endpoint_url: str | None = Field(
        default=None, description="Endpoint of an S3-compatible server other than AWS."
    )
    writer: WriterName = Field(
        default="offline", description="Who writes: offline (free, no key) or claude."
    )
    model: str = Field(default="claude-haiku-4-5", description="Model of the claude writer.")
    mode: WritingMode = Field(
        default="live",
        description="How claude writes a backfill: live, in message batches (half the price, "
        "within a day), or auto: in batches from batch_from texts on.",
    )
    batch_from: int = Field(default=1_000, ge=1, description="Texts that are worth a batch.")
    batch_requests: int = Field(
        default=MOST_REQUESTS, ge=1, le=100_000, description="Most texts in one message batch."
    )
    batch_poll_s: float = Field(
        default=30.0, gt=0, description="Seconds between two looks at message batches."
    )
    batch_in_doubt_s: float = Field(
        default=900.0,
        gt=0,
        description="Seconds after which a submission that the API does not list was never taken; "
        "longer than the call itself may take.",
    )
    anthropic_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("ANTHROPIC_API_KEY", "anthropic_api_key"),
        description="Key of the claude writer.",
    )
    anthropic_base_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("ANTHROPIC_BASE_URL", "anthropic_base_url"),
        description="Address of the API; the official one if unset.",
    )
    max_cost_usd_per_run: Decimal | None = Field(
        default=None, ge=0, description="Most that one flow run may spend, in US dollars."
    )
    max_cost_usd_per_user_day: Decimal | None = Field(
        default=None, ge=0, description="Most that may be spent for one user on one UTC day."
    )
    max_cost_usd_per_day: Decimal | None = Field(
        default=None, ge=0, description="Most that may be spent for all users on one UTC day."
    )
    zombie_after_s: int = Field(
        default=600,
        ge=5,
        description="Seconds without a heartbeat after which a running flow run counts as dead; "
        "more than three of PREFECT_FLOWS_HEARTBEAT_FREQUENCY (180). For `runletters automations`.",
    )
    pending_after_s: int = Field(
        default=900,
        ge=5,
        description="Seconds after which a flow run that never began counts as dead. "
        "For `runletters automations`.",
    )
    most_restarts: int = Field(
        default=3, ge=0, le=100, description="How often a flow run that died is started again."
    )
    operator_email: str | None = Field(
        default=None, description="Who is told of flow runs that failed or were given up."
    )
    hook_secret: SecretStr | None = Field(
        default=None,
        description="Signs the webhook of new activities; no receiver without it. "
        "Any long random text.",
    )
    stripe_webhook_secret: SecretStr | None = Field(
        default=None, description="Signing secret (whsec_…) of the Stripe webhook that sets tiers."
    )
    intervals_base_url: str = Field(
        default="https://intervals.icu", description="Address of intervals.icu's API."
    )
    ask_above_usd: Decimal = Field(
        default=Decimal(5),
        ge=0,
        description="A backfill whose quote is above this many US dollars asks before it pays.",
    )
    ask_timeout_s: int = Field(
        default=86_400, ge=1, description="Seconds a backfill waits for that answer."
    )
    api_tier: Literal["start", "build", "scale"] = Field(
        default="start",
        description="Tier of the organisation at the API, for quotes; the pace itself follows "
        "the API's own headers.",
    )
    concurrency: int = Field(
        default=16, ge=1, le=512, description="Texts written side by side in one flow run."
    )
    window: int = Field(
        default=200, ge=1, le=2_500, description="Activities claimed and mapped at a time."
    )
    lease_s: int = Field(
        default=900,
        ge=30,
        description="Seconds a claim holds; longer than the longest call with its retries.",
    )
    longest_pause_s: int = Field(
        default=7_200,
        ge=0,
        description="Seconds that a backfill waits at most when the model's API asks for a pause; "
        "a longer one ends it with what is left to do.",
    )
    call_timeout_s: float = Field(
        default=90.0, gt=0, description="Seconds one call to the model may take."
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server: smtp://user:password@host:587 (encrypted by STARTTLS) or "
        "smtps://…:465. No mail is sent if unset.",
    )
    mail_from: str | None = Field(
        default=None, description="Sender of mails: Run Letters <letters@example.org>."
    )
    base_url: str | None = Field(
        default=None,
        description="Address of the journal or app that mails link to; no links if unset.",
    )
    unsubscribe_secret: SecretStr | None = Field(
        default=None,
        description="Signs the one-click unsubscribe links; needs base_url. Any long random text.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="WARNING", description="What the command line shows on stderr."
    )

    @field_validator(*_SECRET_FIELDS, mode="before")
    @classmethod
    def _from_block(cls, value: Any) -> Any:
        """`block:NAME` is the value of that Secret block of Prefect; an empty text is no secret."""
        if value == "":
            return None
        if isinstance(value, str) and value.startswith(BLOCK) and _SECRETS:
            return _SECRETS[0](value)
        return value

    @property
    def store(self) -> str:
        """URL of the operational store."""
        return self.store_url or f"sqlite:///{self.home.absolute() / 'store.sqlite'}"

    @property
    def history(self) -> str:
        """Root of the Parquet history."""
        return self.history_url or str(self.home.absolute() / "history")

    @property
    def results(self) -> str:
        """Root of Prefect's task results."""
        return self.results_url or str(self.home.absolute() / "results")

    @property
    def published(self) -> str:
        """The published DuckDB file."""
        return self.publish_url or str(self.home.absolute() / "warehouse.duckdb")
