"""Opens the writer that the settings name, once per process."""

from __future__ import annotations

import time
from collections.abc import Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, cast

from runletters.assignments import Hand
from runletters.content import KINDS, Kind, Outcome, WorkItem, WriterName
from runletters.digests.writing import offline_hand
from runletters.facts import FactSheet
from runletters.gatekeeping import approved
from runletters.plans import OFFLINE_MODEL, phrases_sha256
from runletters.pricing import find_model
from runletters.settings import Settings
from runletters.wording import wording_for
from runletters.writing import offline
from runletters.writing.phrasebook import coaching_phrases, letter_phrases
from runletters.written_by_rule import offline_writer_of

if TYPE_CHECKING:
    from runletters.edges.batch_rows import BatchRows
    from runletters.edges.claude_batches import BatchClient


class Writer(Protocol):
    """Turns one work item into an outcome, or raises a WriterError."""

    def begin(self, run_id: str, limit_nano_usd: int | None, /) -> None:
        """A run starts, with at most that much to spend; None: as the settings say."""
        ...

    def write(self, item: WorkItem, run_id: str, /) -> Outcome:
        """Write one text."""
        ...


class OfflineWriter:
    """Free, deterministic, without a key: the demo, the fallback and the baseline.

    Its texts pass the same truth gate; one that does not is a failure with a reason.
    """

    def begin(self, run_id: str, limit_nano_usd: int | None, /) -> None:
        """What costs nothing needs no limit."""

    def write(self, item: WorkItem, run_id: str, /) -> Outcome:
        """Write one text from the facts alone.

        Raises:
            TextRejected: what was written is not true to the facts.
        """
        started = time.perf_counter()
        sheet = FactSheet.model_validate_json(item.facts_json)
        write = offline_writer_of(item.kind)
        return Outcome(
            user_id=item.user_id,
            activity_id=item.activity_id,
            kind=item.kind,
            fingerprint=item.fingerprint,
            text=approved(write(sheet), sheet, "offline"),
            seconds=time.perf_counter() - started,
        )


def open_writer(name: WriterName, settings: Settings) -> Writer:
    """The writer of that name; its connections are shared by the threads of this process.

    Raises:
        SettingsError: the claude writer has no key.
    """
    # Frozen settings can be hashed; pydantic does not tell the type checker.
    return _open(name, cast("Hashable", settings))


@lru_cache(maxsize=4)
def _open(name: WriterName, hashable_settings: Hashable) -> Writer:
    settings = cast("Settings", hashable_settings)
    if name == "offline":
        return OfflineWriter()
    from runletters.edges.claude_writer import ClaudeWriter  # only who pays needs the SDK

    return ClaudeWriter.open(settings)


def pause_left_s(name: WriterName, settings: Settings) -> float:
    """Seconds for which that writer's service wants no calls from this process."""
    if name == "offline":
        return 0.0
    from runletters.edges.claude_writer import ClaudeWriter

    turns = cast("ClaudeWriter", open_writer(name, settings)).calls.turns
    return turns.pause_left_s(find_model(settings.model))


def open_batches(rows: BatchRows, owner: str, settings: Settings) -> BatchClient:
    """Message batches on behalf of that owner, with the claude writer of this process.

    Raises:
        SettingsError: there is no key.
    """
    from runletters.edges.claude_batches import BatchClient, Holder
    from runletters.edges.claude_writer import ClaudeWriter

    return BatchClient(
        cast("ClaudeWriter", open_writer("claude", settings)),
        rows,
        Holder(owner=owner, lease_s=settings.lease_s, in_doubt_s=settings.batch_in_doubt_s),
        most_requests=settings.batch_requests,
    )


def plan_hand(name: WriterName, settings: Settings, language: str) -> Hand:
    """Who writes a plan in that language."""
    if name == "claude":
        return _hand(name, "plan", settings, language)
    words = phrases_sha256(wording_for(language, "metric"))
    return Hand(writer="offline", model=OFFLINE_MODEL, prompt_sha256=words)


def digest_hand(name: WriterName, settings: Settings, language: str) -> Hand:
    """Who writes a digest in that language."""
    return _hand(name, "digest", settings, language) if name == "claude" else offline_hand(language)


def hands(name: WriterName, settings: Settings, language: str) -> dict[Kind, Hand]:
    """Who writes each kind in that language, as far as the fingerprint is concerned."""
    return {kind: _hand(name, kind, settings, language) for kind in KINDS}


def _hand(name: WriterName, kind: Kind, settings: Settings, language: str) -> Hand:
    if name == "offline":
        phrases = letter_phrases if kind == "letter" else coaching_phrases
        sha256 = phrases(language).sha256
        return Hand(writer="offline", model=offline.MODEL, prompt_sha256=sha256)
    from runletters.edges.claude_writer import hand

    return hand(kind, settings)
