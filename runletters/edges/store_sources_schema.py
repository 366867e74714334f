"""Tables of sources, restarts and webhooks, as the newest migration leaves them."""

from __future__ import annotations

import sqlalchemy as sa

from runletters.edges.store_schema import METADATA, Utc, Words

sources = sa.Table(
    "sources",
    METADATA,
    sa.Column("user_id", Words, primary_key=True),
    sa.Column("name", Words, primary_key=True),
    sa.Column("kind", Words),
    sa.Column("config", Words),  # JSON of sources.Config; secrets only by reference
    sa.Column("watermark", Words),
    sa.Column("state", Words),
    sa.Column("reason", Words),
    sa.Column("remedy", Words),
    sa.Column("created_at", Utc),
    sa.Column("polled_at", Utc),
)

announcements = sa.Table(
    "announcements",
    METADATA,
    sa.Column("user_id", Words, primary_key=True),
    sa.Column("since", Words),
    sa.Column("until", Words),
    sa.Column("runs", sa.BigInteger),
)

restarts = sa.Table(
    "restarts",
    METADATA,
    sa.Column("flow_run_id", Words, primary_key=True),  # stays the same when it is started again
    sa.Column("restart", sa.BigInteger, primary_key=True),
    sa.Column("reason", Words),
    sa.Column("decided_at", Utc),
)

webhook_events = sa.Table(
    "webhook_events",
    METADATA,
    sa.Column("provider", Words, primary_key=True),
    sa.Column("event_id", Words, primary_key=True),
    sa.Column("kind", Words),
    sa.Column("outcome", Words),
    sa.Column("received_at", Utc),
)

subscriptions = sa.Table(
    "subscriptions",
    METADATA,
    sa.Column("subscription_id", Words, primary_key=True),
    sa.Column("user_id", Words),
    sa.Column("is_active", sa.Boolean),
    sa.Column("said_at", Utc),
)
