"""The operational store: users, items and their claims, texts, the ledger, flow outcomes.

One code path for SQLite (one machine) and Postgres (several), chosen by URL. Each call is
one transaction; acknowledged means kept, also when the process is killed right after.
Times are aware UTC and passed in. A store may be opened by many processes at once, and is
cheap to open; it is never handed from one process or task to another.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy.exc import DBAPIError, OperationalError

from runletters.edges.store_contents import RecordResult, StoreContents
from runletters.edges.store_digests import StoreDigests
from runletters.edges.store_engagement import StoreEngagement
from runletters.edges.store_engine import open_engine
from runletters.edges.store_findings import StoreFindings
from runletters.edges.store_hooks import StoreHooks
from runletters.edges.store_housekeeping import StoreHousekeeping
from runletters.edges.store_ledger import StoreLedger
from runletters.edges.store_migrations import migrate
from runletters.edges.store_plans import StorePlans
from runletters.edges.store_reading import StoreReading
from runletters.edges.store_restarts import StoreRestarts
from runletters.edges.store_sources import StoreSources
from runletters.errors import StoreError

__all__ = ["RecordResult", "Store"]


class Store(
    StoreReading,
    StoreContents,
    StoreLedger,
    StoreFindings,
    StoreHousekeeping,
    StoreDigests,
    StoreSources,
    StoreEngagement,
    StorePlans,
    StoreRestarts,
    StoreHooks,
):
    """An open store; a context manager that closes itself."""

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the store at that SQLAlchemy URL and bring it to the newest shape.

        Args:
            url: sqlite:///path/to/store.sqlite (its folder is made) or
                postgresql+psycopg://user:password@host/database.

        Raises:
            SettingsError: the URL cannot be used.
            StoreError: the database cannot be reached, is no store of ours, or is newer.
        """
        engine = open_engine(url)
        try:
            migrate(engine)
        except DBAPIError as error:
            raise _cannot_open(engine.url.render_as_string(), error) from error
        return cls(engine)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _cannot_open(shown_url: str, error: DBAPIError) -> StoreError:
    first_line = str(error.orig).partition("\n")[0]
    is_away = isinstance(error, OperationalError)
    return StoreError(
        f"The store at {shown_url} cannot be opened: {first_line}.",
        remedy="Is the database running, and may this user write there?"
        if is_away
        else "Is this a database of run letters? Choose another with RUNLETTERS_STORE_URL.",
    )
