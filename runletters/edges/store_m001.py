"""The first shape of the operational store. Frozen: later changes are later migrations.

`{time}`, `{bool}`, `{big}` and `{strict}` are the only words in which the two databases differ.
"""

from __future__ import annotations

_STATUS = "('pending', 'generating', 'completed', 'failed')"
_KINDS = "('letter', 'coaching')"


def _columns(kind: str) -> str:
    return f"""{kind}_status TEXT NOT NULL DEFAULT 'pending' CHECK ({kind}_status IN {_STATUS}),
    {kind}_error_type TEXT,
    {kind}_error TEXT,
    {kind}_started_at {{time}},
    {kind}_completed_at {{time}},
    {kind}_fingerprint TEXT,
    {kind}_owner TEXT,
    {kind}_lease_until {{time}}"""


def _leased(kind: str) -> str:
    return f"""CHECK ({kind}_status <> 'generating'
        OR ({kind}_owner IS NOT NULL AND {kind}_lease_until IS NOT NULL))"""


STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    tier TEXT NOT NULL DEFAULT 'free' CHECK (tier IN ('free', 'premium')),
    preferences TEXT NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
    ) {strict}""",
    """CREATE TABLE locks (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    lease_until {time} NOT NULL
    ) {strict}""",
    f"""CREATE TABLE generation_status (
    user_id TEXT NOT NULL REFERENCES users (user_id),
    activity_id TEXT NOT NULL,
    {_columns("letter")},
    {_columns("coaching")},
    PRIMARY KEY (user_id, activity_id),
    {_leased("letter")},
    {_leased("coaching")}
    ) {{strict}}""",
    f"""CREATE TABLE content (
    content_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id),
    activity_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN {_KINDS}),
    version {{big}} NOT NULL CHECK (version >= 1),
    is_current {{bool}} NOT NULL,
    body TEXT NOT NULL,
    structured TEXT,
    edited_body TEXT,
    edited_at {{time}},
    writer TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    is_fallback {{bool}} NOT NULL,
    findings TEXT NOT NULL,
    created_at {{time}} NOT NULL,
    superseded_at {{time}},
    UNIQUE (user_id, activity_id, kind, version)
    ) {{strict}}""",
    """CREATE UNIQUE INDEX content_one_current ON content (user_id, activity_id, kind)
    WHERE is_current""",
    f"""CREATE TABLE attempts (
    attempt_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT,
    activity_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN {_KINDS}),
    fingerprint TEXT,
    flow_run_id TEXT,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'batch')),
    writer TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    started_at {{time}} NOT NULL,
    ended_at {{time}},
    latency_ms {{big}},
    input_tokens {{big}} NOT NULL,
    output_tokens {{big}} NOT NULL,
    cache_write_tokens {{big}} NOT NULL,
    cache_read_tokens {{big}} NOT NULL,
    cost_nano_usd {{big}},
    price_as_of TEXT,
    outcome TEXT NOT NULL,
    stop_reason TEXT,
    error_type TEXT,
    error TEXT,
    request_id TEXT,
    reply TEXT
    ) {{strict}}""",
    "CREATE INDEX attempts_by_day ON attempts (started_at)",
    "CREATE INDEX attempts_by_run ON attempts (flow_run_id)",
    "CREATE INDEX attempts_by_fingerprint ON attempts (fingerprint, kind)",
    """CREATE TABLE flow_outcomes (
    flow_run_id TEXT NOT NULL PRIMARY KEY,
    flow TEXT NOT NULL,
    user_id TEXT,
    state TEXT NOT NULL,
    started_at {time} NOT NULL,
    ended_at {time},
    summary TEXT NOT NULL
    ) {strict}""",
    """CREATE TABLE quarantine (
    user_id TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    remedy TEXT NOT NULL,
    first_seen_at {time} NOT NULL,
    last_seen_at {time} NOT NULL,
    PRIMARY KEY (user_id, content_sha256, file, reason_code)
    ) {strict}""",
)
