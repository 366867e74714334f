"""Brings a store to the newest shape: named steps, each once, whoever comes first.

All outstanding steps run in one transaction under a lock, so two processes that open
a new store at once make it once.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from runletters.edges import (
    store_m001,
    store_m002,
    store_m003,
    store_m004,
    store_m005,
    store_m006,
    store_m007,
    store_m008,
    store_m009,
    store_m010,
    store_m011,
)
from runletters.edges.store_engine import reader_of
from runletters.errors import StoreError

_ADVISORY_LOCK = 7_245_118_203  # any constant of our own; taken by migrations only
_WORDS = {
    "sqlite": {"time": "TEXT", "bool": "INTEGER", "big": "INTEGER", "strict": "STRICT"},
    "postgresql": {"time": "TIMESTAMPTZ", "bool": "BOOLEAN", "big": "BIGINT", "strict": ""},
}
_APPLIED = sa.Table(
    "schema_migrations",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
)


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One named step; its statements are written with the words in which databases differ."""

    name: str
    statements: tuple[str, ...]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(name="001_initial", statements=store_m001.STATEMENTS),
    Migration(name="002_budgets_and_batches", statements=store_m002.STATEMENTS),
    Migration(name="003_digests_and_sends", statements=store_m003.STATEMENTS),
    Migration(name="004_limits_and_live_runs", statements=store_m004.STATEMENTS),
    Migration(name="005_lines_of_batches", statements=store_m005.STATEMENTS),
    Migration(name="006_findings", statements=store_m006.STATEMENTS),
    Migration(name="007_plans", statements=store_m007.STATEMENTS),
    Migration(name="008_automation", statements=store_m008.STATEMENTS),
    Migration(name="009_engagement", statements=store_m009.STATEMENTS),
    Migration(name="010_digest_texts", statements=store_m010.STATEMENTS),
    Migration(name="011_reservations", statements=store_m011.STATEMENTS),
)
"""In the order in which they were written; a step that was released is never changed."""


def migrate(engine: sa.Engine, migrations: tuple[Migration, ...] = MIGRATIONS) -> list[str]:
    """Run the steps that this store has not seen.

    Returns:
        The names of the steps that were run, none on a store that is up to date.

    Raises:
        StoreError: the store has steps that this version does not know.
    """
    if _applied(engine) == {step.name for step in migrations}:
        return []
    with engine.begin() as connection:
        _wait_for_others(connection)
        _APPLIED.create(connection, checkfirst=True)
        known = set(connection.scalars(sa.select(_APPLIED.c.name)))
        _refuse_newer(known - {step.name for step in migrations})
        missing = [step for step in migrations if step.name not in known]
        for step in missing:
            _run(connection, step)
    return [step.name for step in missing]


def _applied(engine: sa.Engine) -> set[str] | None:
    with reader_of(engine).begin() as connection:
        if not sa.inspect(connection).has_table(_APPLIED.name):
            return None
        return set(connection.scalars(sa.select(_APPLIED.c.name)))


def _wait_for_others(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


def _refuse_newer(unknown: set[str]) -> None:
    if unknown:
        raise StoreError(
            f"The store was made by a newer version: it has {', '.join(sorted(unknown))}, "
            f"and this version ends at {MIGRATIONS[-1].name}.",
            remedy="Upgrade runletters.",
        )


def _run(connection: sa.Connection, step: Migration) -> None:
    words = _WORDS[connection.dialect.name]
    for statement in step.statements:
        connection.exec_driver_sql(statement.format_map(words))
    connection.execute(sa.insert(_APPLIED).values(name=step.name))
