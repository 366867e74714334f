"""The second engine: what DuckDB says over the same tables, and whether both say the same."""

from __future__ import annotations

import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from polars.testing import assert_frame_equal


def asked(name: str, tables: dict[str, pl.DataFrame], **parameters: Any) -> pl.DataFrame:
    """What a query of the product says over these tables."""
    text = (resources.files("runletters") / "sql" / f"{name}.sql").read_text("utf-8")
    with duckdb.connect() as connection:
        for table, frame in tables.items():
            _load(connection, table, frame)
        cursor = connection.execute(text, parameters)
        columns = [column[0] for column in cursor.description or []]
        rows = cursor.fetchall()
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def _load(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        frame.write_parquet(file)
        connection.execute(f"CREATE TABLE {table} AS FROM read_parquet('{file}')")


def same(ours: pl.DataFrame, theirs: pl.DataFrame, *, keys: list[str]) -> None:
    """Both frames hold the same rows and figures."""
    shared = [name for name in theirs.columns if name in ours.columns]
    assert set(keys) <= set(shared)
    assert set(theirs.columns) <= set(ours.columns)
    kinds = {name: ours.schema[name] for name in shared}
    typed = theirs.select(pl.col(name).cast(kind) for name, kind in kinds.items())
    assert_frame_equal(
        ours.select(shared).sort(keys),
        typed.sort(keys),
        rel_tol=1e-6,
        abs_tol=2e-6,
    )
