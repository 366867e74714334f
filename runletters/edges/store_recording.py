"""Decides what one outcome changes, from the item and its versions as they are.

Pure: no clock, no database. The caller holds the rows and carries the decision out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from runletters.content import Kind, Outcome, Text, canonical_json
from runletters.edges.store_schema import storable

Verdict: TypeAlias = Literal["done", "failed", "lost"]


def unheld(kind: Kind) -> dict[str, Any]:
    """The lease columns of an item that nobody holds."""
    return {f"{kind}_owner": None, f"{kind}_lease_until": None}


@dataclass(frozen=True)
class Version:
    """What must be known of a version that exists."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "content_id",
        "version",
        "is_current",
        "body",
        "edited_body",
        "fingerprint",
        "writer",
    )

    content_id: str
    version: int
    is_current: bool
    body: str
    edited_body: str | None
    fingerprint: str
    writer: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one outcome changes: a new version, the one it supersedes, the item's status."""

    activity_id: str
    kind: Kind
    verdict: Verdict
    status: Mapping[str, Any] = field(default_factory=dict[str, Any])
    row: Mapping[str, Any] | None = None
    supersedes: str | None = None


def judge(
    outcome: Outcome,
    item: Mapping[str, Any],
    versions: Sequence[Version],
    *,
    owner: str,
    now: datetime,
) -> Change:
    """The change that this outcome makes.

    Args:
        outcome: a text or a failure.
        item: the item's row of generation_status.
        versions: what exists of it, oldest first.
        owner: who brings the outcome.
        now: aware UTC.
    """
    is_held = (
        item[f"{outcome.kind}_status"] == "generating" and item[f"{outcome.kind}_owner"] == owner
    )
    if outcome.text is None:
        return _failure(outcome, item, is_held=is_held)
    return _success(outcome, outcome.text, versions, is_held=is_held, now=now)


def _failure(outcome: Outcome, item: Mapping[str, Any], *, is_held: bool) -> Change:
    status = {
        "status": "failed",
        "error_type": storable(outcome.error_type or "Unknown"),
        "error": storable(outcome.error or "No reason was given."),
        "fingerprint": outcome.fingerprint,
    }
    named = {f"{outcome.kind}_{name}": value for name, value in status.items()}
    is_known = all(item[name] == value for name, value in named.items())
    if not is_held:
        return _change(outcome, "failed" if is_known else "lost")
    return _change(outcome, "failed", status=named | unheld(outcome.kind))


def _success(
    outcome: Outcome, text: Text, versions: Sequence[Version], *, is_held: bool, now: datetime
) -> Change:
    is_known = bool(versions) and _is_same(versions[-1], outcome, text)
    if versions and not is_held:
        return _change(outcome, "done" if is_known else "lost")
    status = {
        f"{outcome.kind}_status": "completed",
        f"{outcome.kind}_error_type": None,
        f"{outcome.kind}_error": None,
        f"{outcome.kind}_completed_at": now,
        f"{outcome.kind}_fingerprint": outcome.fingerprint,
        **unheld(outcome.kind),
    }
    if is_known:
        return _change(outcome, "done", status=status)
    return _new_version(outcome, text, versions, status, now=now)


def judge_unclaimed(
    outcome: Outcome, text: Text, versions: Sequence[Version], *, now: datetime
) -> Change:
    """The change that a text makes whose item has no status and is claimed by nobody."""
    if versions and _is_same(versions[-1], outcome, text):
        return _change(outcome, "done")
    return _new_version(outcome, text, versions, {}, now=now)


def _new_version(
    outcome: Outcome,
    text: Text,
    versions: Sequence[Version],
    status: Mapping[str, Any],
    *,
    now: datetime,
) -> Change:
    current = next((each for each in versions if each.is_current), None)
    is_edited = current is not None and current.edited_body is not None
    return _change(
        outcome,
        "done",
        status=status,
        row=_row(outcome, text, version=len(versions) + 1, is_current=not is_edited, now=now),
        supersedes=None if current is None or is_edited else current.content_id,
    )


def _is_same(version: Version, outcome: Outcome, text: Text) -> bool:
    there = (version.fingerprint, version.body, version.writer)
    return there == (outcome.fingerprint, storable(text.body), text.writer)


def _row(
    outcome: Outcome, text: Text, *, version: int, is_current: bool, now: datetime
) -> dict[str, Any]:
    return {
        "content_id": _content_id(outcome, version),
        "user_id": outcome.user_id,
        "activity_id": outcome.activity_id,
        "kind": outcome.kind,
        "version": version,
        "is_current": is_current,
        "body": text.body,
        "structured": None if text.structured is None else canonical_json(text.structured),
        "edited_body": None,
        "edited_at": None,
        "writer": text.writer,
        "model": text.model,
        "prompt_sha256": text.prompt_sha256,
        "fingerprint": outcome.fingerprint,
        "is_fallback": text.is_fallback,
        "findings": canonical_json(text.findings),
        "created_at": now,
        "superseded_at": None if is_current else now,
    }


def _content_id(outcome: Outcome, version: int) -> str:
    parts = [outcome.user_id, outcome.activity_id, outcome.kind, version]
    return "c-" + hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:32]


def _change(outcome: Outcome, verdict: Verdict, **what: Any) -> Change:
    return Change(activity_id=outcome.activity_id, kind=outcome.kind, verdict=verdict, **what)
