"""Tables of digests and mails, as the newest migration leaves them."""

from __future__ import annotations

import sqlalchemy as sa

from runletters.edges.store_schema import METADATA, Utc, Words

digests = sa.Table(
    "digests",
    METADATA,
    sa.Column("user_id", Words, primary_key=True),
    sa.Column("window_kind", Words, primary_key=True),
    sa.Column("period", Words, primary_key=True),  # 2026-11-16/2026-11-22, both days included
    sa.Column("state", Words),
    sa.Column("note", Words),  # why it was skipped
    sa.Column("subject", Words),
    sa.Column("body", Words),
    sa.Column("sheet", Words),  # JSON of the DigestSheet: what the mail is drawn from
    sa.Column("writer", Words),
    sa.Column("model", Words),
    sa.Column("prompt_sha256", Words),
    sa.Column("is_fallback", sa.Boolean),
    sa.Column("findings", Words),  # JSON list
    *(
        sa.Column(name, sa.BigInteger)
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_write_tokens",
            "cache_read_tokens",
            "cost_nano_usd",
        )
    ),
    sa.Column("created_at", Utc),
)

sends = sa.Table(
    "sends",
    METADATA,
    sa.Column("send_id", Words, primary_key=True),
    sa.Column("user_id", Words),
    sa.Column("purpose", Words),  # digest, backfill
    sa.Column("item", Words),  # week 2026-11-16/2026-11-22, or the flow run
    sa.Column("attempt", sa.BigInteger),
    sa.Column("state", Words),
    sa.Column("recipient", Words),
    sa.Column("message_id", Words),
    sa.Column("detail", Words),  # what the server said
    sa.Column("intended_at", Utc),
    sa.Column("settled_at", Utc),
)
