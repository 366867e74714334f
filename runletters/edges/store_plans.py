"""Plans that were suggested: each once, by its fingerprint."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from runletters.content import Text
from runletters.edges.store_base import StoreBase, insert_or_ignore, require_user
from runletters.edges.store_schema import METADATA, Utc, Words

plans = sa.Table(
    "plans",
    METADATA,
    sa.Column("user_id", Words, primary_key=True),
    sa.Column("fingerprint", Words, primary_key=True),
    sa.Column("start_day", Words),  # 2026-11-23
    sa.Column("body", Words),
    sa.Column("plan", Words),  # JSON of metrics.plan.Plan: what the words are about
    sa.Column("writer", Words),
    sa.Column("model", Words),
    sa.Column("prompt_sha256", Words),
    sa.Column("is_fallback", sa.Boolean),
    sa.Column("findings", Words),  # JSON list
    sa.Column("created_at", Utc),
)


class StorePlans(StoreBase):
    """The part of the store that knows what was suggested."""

    def keep_plan(
        self, user_id: str, fingerprint: str, text: Text, plan: dict[str, Any], *, now: datetime
    ) -> None:
        """Keep a plan with its words; the first of a fingerprint stays.

        Raises:
            StoreError: no such user, perhaps forgotten a moment ago.
        """
        row = {
            "user_id": user_id,
            "fingerprint": fingerprint,
            "start_day": plan["weeks"][0]["week_start"],
            "body": text.body,
            "plan": json.dumps(plan),
            "writer": text.writer,
            "model": text.model,
            "prompt_sha256": text.prompt_sha256,
            "is_fallback": text.is_fallback,
            "findings": json.dumps(list(text.findings)),
            "created_at": now,
        }
        with self._write() as connection:
            require_user(connection, user_id)
            insert_or_ignore(connection, plans, [row])

    def plan(self, user_id: str, fingerprint: str) -> dict[str, Any] | None:
        """The plan of that fingerprint with its words, or None."""
        query = sa.select(plans).where(
            plans.c.user_id == user_id, plans.c.fingerprint == fingerprint
        )
        with self._read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row) | {"plan": json.loads(row["plan"])}
