"""Digests from end to end: whose time has come, what they say, and off they go."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime

import polars as pl

from runletters.deriving import personal_metrics
from runletters.digests.building import Evidence, build_digest, runs_of, turn_of
from runletters.digests.links import user_of
from runletters.digests.page import Page, digest_page
from runletters.digests.periods import Period, Window
from runletters.digests.pictures import pictures
from runletters.digests.sending import Due, Sent, still_open, wanted
from runletters.digests.words import words_for
from runletters.digests.writing import (
    DigestWriter,
    Gate,
    WrittenDigest,
    nothing_to_say,
    offline_writer,
    write_digest,
)
from runletters.edges import charts
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.mail_message import content_id
from runletters.edges.post_office import Outgoing, id_of, post, user_links
from runletters.edges.store import Store
from runletters.errors import SettingsError
from runletters.fact_sheets import build_fact_sheets
from runletters.settings import Settings
from runletters.users import User


def find_due(store: Store, window: Window, *, now: datetime) -> list[Due]:
    """Digests that are to be sent at this moment."""
    due = wanted(store.users(), window, now)
    if not due:
        return []
    store.expire_sends(now=now)
    attempts = store.attempted("digest", {each.item for each in due})
    skipped = store.skipped_digests(window, {each.period.key for each in due})
    return still_open(due, attempts, skipped, now)


def evidence_of(store: Store, settings: Settings, user: User) -> Evidence:
    """What is known of a runner, figures of new runs computed."""
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    derived.refresh(user.user_id, history)
    kept = derived.read(user.user_id, "run_metrics")
    letters = store.contents(user.user_id, kind="letter").select("activity_id", "text")
    return Evidence(
        user=user,
        metrics=personal_metrics(kept, user.preferences),
        activities=history.activities(user.user_id),
        letters=dict(letters.iter_rows()),
    )


def written(
    store: Store,
    settings: Settings,
    due: Due,
    *,
    now: datetime,
    keep: bool = True,
    writer: DigestWriter = offline_writer,
    gate: Gate | None = None,
) -> WrittenDigest:
    """The digest of that period: the kept one, else a new one, which is kept.

    Args:
        store: open.
        settings: where the history lies.
        due: whose and of which days.
        now: the moment it is kept at.
        keep: False for a preview.
        writer: who writes; the offline writer is free.
        gate: what checks the text of a writer.
    """
    period, user = due.period, store.known_user(due.user_id)
    kept = store.digest(due.user_id, period.window, period.key)
    if kept is not None and not kept.is_skipped:
        return kept
    made = _made(evidence_of(store, settings, user), period, writer, gate)
    if keep:
        store.keep_digest(due.user_id, made, now=now)
        made = store.digest(due.user_id, period.window, period.key) or made
    return made


def _made(
    evidence: Evidence, period: Period, writer: DigestWriter, gate: Gate | None
) -> WrittenDigest:
    preferences = evidence.user.preferences
    runs = runs_of(evidence, period)
    sheets = build_fact_sheets(
        evidence.activities, evidence.metrics, pl.DataFrame(), runs, preferences
    )
    sheet = build_digest(evidence, period, sheets)
    if sheet is None:
        words = words_for(preferences.language, preferences.units, turn_of(period))
        return nothing_to_say(period, words)
    allowed = writer if sheet.may_be_sent_to_a_model else offline_writer
    return write_digest(sheet, writer=allowed, gate=gate if allowed is writer else None)


def preview_page(settings: Settings, digest: WrittenDigest, user_id: str) -> Page:
    """The mail as a page that opens from disk: its pictures are inside."""
    drawn = _drawn(digest)
    sources = {
        name: f"data:image/png;base64,{base64.b64encode(png).decode()}"
        for name, png in drawn.items()
    }
    return digest_page(digest, user_links(settings, user_id), sources)


def send(
    store: Store,
    settings: Settings,
    due: Due,
    *,
    clock: Callable[[], datetime],
    writer: DigestWriter = offline_writer,
    gate: Gate | None = None,
) -> Sent:
    """Write the digest and mail it; never twice.

    Raises:
        SettingsError: mail is not configured.
        StoreError: no such user.
    """
    preferences = store.known_user(due.user_id).preferences
    if not preferences.email or not preferences.digests:
        why = "no e-mail address" if not preferences.email else "digests are switched off"
        return Sent(user_id=due.user_id, item=due.item, state="skipped", note=why)
    mail_id = id_of(settings, due.user_id, due.item)
    digest = written(store, settings, due, now=clock(), writer=writer, gate=gate)
    if digest.is_skipped:
        note = digest.note or ""
        return Sent(user_id=due.user_id, item=due.item, state="skipped", note=note)
    drawn = _drawn(digest)
    links = user_links(settings, due.user_id)
    cids = {name: content_id(name, mail_id) for name in drawn}
    outgoing = Outgoing(
        user_id=due.user_id,
        recipient=preferences.email,
        purpose="digest",
        item=due.item,
        page=digest_page(digest, links, {name: f"cid:{cid}" for name, cid in cids.items()}),
        message_id=mail_id,
        images={cids[name]: png for name, png in drawn.items()},
        list_unsubscribe=links.list_unsubscribe,
    )
    sent = post(store, settings, outgoing, clock=clock)
    return sent.model_copy(update={"cost_nano_usd": digest.cost_nano_usd})


def unsubscribe(store: Store, settings: Settings, signed: str, *, now: datetime) -> str | None:
    """Switch the digests of a token's user off; their id, or None for a token not ours.

    What answers a POST to `<base_url>/unsubscribe/<token>` calls this; a GET must not, for
    mail programs look at links before people do. Twice is once.
    """
    secret = settings.unsubscribe_secret
    user_id = user_of(signed, secret.get_secret_value()) if secret else None
    if user_id is None or store.user(user_id) is None:
        return None
    store.set_user(user_id, preferences={"digests": False}, now=now)
    return user_id


def _drawn(digest: WrittenDigest) -> Mapping[str, bytes]:
    """The pictures; none where matplotlib is not installed: the numbers are in the text too."""
    if digest.sheet is None:
        return {}
    try:
        return charts.draw(pictures(digest.sheet))
    except SettingsError:
        return {}
