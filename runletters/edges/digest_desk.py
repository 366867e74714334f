"""Digests from end to end: whose time has come, what they say, and off they go."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import polars as pl

from runletters.content import Outcome, WriterName
from runletters.deriving import personal_metrics
from runletters.digests.building import Evidence, build_digest, runs_of, turn_of
from runletters.digests.links import user_of
from runletters.digests.page import Page, digest_page
from runletters.digests.periods import Period, Window
from runletters.digests.pictures import pictures
from runletters.digests.sending import Due, Sent, still_open, wanted
from runletters.digests.sheet import DigestSheet
from runletters.digests.words import words_for
from runletters.digests.writing import (
    DrawnDigest,
    WrittenDigest,
    digest_item,
    nothing_to_say,
    offline_hand,
    told,
    write_digest,
)
from runletters.edges import charts
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.mail_message import content_id
from runletters.edges.post_office import Outgoing, id_of, post, user_links
from runletters.edges.processes import is_dead
from runletters.edges.store import Store
from runletters.edges.writers import digest_hand
from runletters.errors import SettingsError, WriterError
from runletters.fact_sheets import build_fact_sheets
from runletters.settings import Settings
from runletters.users import Preferences, User


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


def draw(
    store: Store,
    settings: Settings,
    due: Due,
    writer: WriterName,
    *,
    owner: str,
    now: datetime,
) -> DrawnDigest:
    """The digest that is kept for that period, else the facts of a new one; pays nothing.

    Facts are given to one owner at a time, who alone asks for the words.

    A model sees nothing of runs that may not be sent to one: the free writer tells those.

    Args:
        store: open.
        settings: where the history lies.
        due: whose and of which days.
        writer: who is to write.
        owner: which run of which process asks.
        now: the moment at which "nothing to say" is kept.

    Raises:
        StoreError: no such user.
    """
    user = store.known_user(due.user_id)
    if why := _unwanted(user.preferences):
        return DrawnDigest(due=due, unwanted=why)
    if _kept(store, due):
        return DrawnDigest(due=due)
    if not _claimed(store, settings, due, owner):
        return DrawnDigest(due=due, is_held=True)
    if _kept(store, due):  # by whoever held it until a moment ago
        return DrawnDigest(due=due)
    sheet = sheet_of(evidence_of(store, settings, user), due.period)
    if sheet is None:
        store.keep_digest(due.user_id, _nothing(user, due.period), now=now)
        return DrawnDigest(due=due)
    chosen: WriterName = writer if sheet.may_be_sent_to_a_model else "offline"
    hand = digest_hand(chosen, settings, sheet.language)
    return DrawnDigest(due=due, sheet=sheet, item=digest_item(due.user_id, sheet, hand))


def keep(store: Store, drawn: DrawnDigest, outcome: Outcome, *, now: datetime) -> None:
    """Keep the text of a digest; the first of a period stays.

    Raises:
        WriterError: no text came out.
    """
    if drawn.sheet is None:
        return
    if outcome.text is None:
        raise WriterError(f"{outcome.error_type}: {outcome.error}")
    made = told(drawn.sheet, outcome.text, outcome.usage, outcome.cost_nano_usd)
    store.keep_digest(drawn.due.user_id, made, now=now, fingerprint=outcome.fingerprint)


def written(
    store: Store, settings: Settings, due: Due, *, now: datetime, keep: bool = True
) -> WrittenDigest:
    """The digest of that period: the kept one, else one by the free writer, which is kept.

    Args:
        store: open.
        settings: where the history lies.
        due: whose and of which days.
        now: the moment it is kept at.
        keep: False for a preview.

    Raises:
        TextRejected: the text is not true to its facts.
    """
    if kept := _kept(store, due):
        return kept
    user = store.known_user(due.user_id)
    sheet = sheet_of(evidence_of(store, settings, user), due.period)
    made = write_digest(sheet) if sheet else _nothing(user, due.period)
    if keep:
        fingerprint = _free_fingerprint(due, sheet) if sheet else ""
        store.keep_digest(due.user_id, made, now=now, fingerprint=fingerprint)
        made = store.digest(due.user_id, due.period.window, due.period.key) or made
    return made


def sheet_of(evidence: Evidence, period: Period) -> DigestSheet | None:
    """The facts of one digest; None where there is nothing to say."""
    preferences = evidence.user.preferences
    runs = runs_of(evidence, period)
    sheets = build_fact_sheets(
        evidence.activities, evidence.metrics, pl.DataFrame(), runs, preferences
    )
    return build_digest(evidence, period, sheets)


def _kept(store: Store, due: Due) -> WrittenDigest | None:
    kept = store.digest(due.user_id, due.period.window, due.period.key)
    return None if kept is None or kept.is_skipped else kept


def _claimed(store: Store, settings: Settings, due: Due, owner: str) -> bool:
    return store.claim_digest(
        due.user_id,
        due.item,
        owner=owner,
        lease_s=settings.lease_s,
        is_gone=is_dead,
        now=datetime.now(UTC),  # not the moment a run acts as if it were
    )


def _nothing(user: User, period: Period) -> WrittenDigest:
    chosen = user.preferences
    return nothing_to_say(period, words_for(chosen.language, chosen.units, turn_of(period)))


def _free_fingerprint(due: Due, sheet: DigestSheet) -> str:
    return digest_item(due.user_id, sheet, offline_hand(sheet.language)).fingerprint


def _unwanted(preferences: Preferences) -> str:
    if not preferences.email:
        return "no e-mail address"
    return "" if preferences.digests else "digests are switched off"


def preview_page(settings: Settings, digest: WrittenDigest, user_id: str) -> Page:
    """The mail as a page that opens from disk: its pictures are inside."""
    drawn = _drawn(digest)
    sources = {
        name: f"data:image/png;base64,{base64.b64encode(png).decode()}"
        for name, png in drawn.items()
    }
    return digest_page(digest, user_links(settings, user_id), sources)


def send(store: Store, settings: Settings, due: Due, *, clock: Callable[[], datetime]) -> Sent:
    """Mail the digest, written by the free writer where none is kept; never twice.

    Raises:
        SettingsError: mail is not configured.
        StoreError: no such user.
        TextRejected: the text is not true to its facts.
    """
    preferences = store.known_user(due.user_id).preferences
    why = _unwanted(preferences)
    if why or not preferences.email:
        return Sent(user_id=due.user_id, item=due.item, state="skipped", note=why)
    mail_id = id_of(settings, due.user_id, due.item)
    digest = written(store, settings, due, now=clock())
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
