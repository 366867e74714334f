"""Sends a mail at most once: the intent is written first, the end after.

The rows and the rule are in `store_digests`; the conversation is in `mail`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr

from runletters.digests.links import Links, links_for
from runletters.digests.page import Page
from runletters.digests.sending import Intent, Purpose, Sent, Settled, message_id
from runletters.edges.mail import MailServer
from runletters.edges.mail_message import Mail, compose
from runletters.edges.store import Store
from runletters.errors import MailError, SettingsError
from runletters.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A page that is to be mailed to a user."""

    user_id: str
    recipient: str
    purpose: Purpose
    item: str
    page: Page
    message_id: str
    images: Mapping[str, bytes] = field(default_factory=dict[str, bytes])  # by content id
    list_unsubscribe: str | None = None


def is_configured(settings: Settings) -> bool:
    """Whether mails can be sent at all."""
    return settings.smtp_url is not None and bool(settings.mail_from)


def sender_of(settings: Settings) -> str:
    """The sender of mails.

    Raises:
        SettingsError: mail is not configured; says which setting is missing.
    """
    if settings.smtp_url is None or not settings.mail_from:
        missing = "RUNLETTERS_SMTP_URL" if settings.smtp_url is None else "RUNLETTERS_MAIL_FROM"
        raise SettingsError(
            f"Mail is not configured: {missing} is not set.",
            remedy="Set RUNLETTERS_SMTP_URL=smtp://user:password@host:587 and "
            "RUNLETTERS_MAIL_FROM; --preview FILE needs neither.",
        )
    return settings.mail_from


def user_links(settings: Settings, user_id: str) -> Links:
    """Where a user's mails point."""
    secret = settings.unsubscribe_secret
    return links_for(
        user_id,
        base_url=settings.base_url,
        secret=secret.get_secret_value() if secret else None,
        sender=settings.mail_from,
    )


def id_of(settings: Settings, user_id: str, item: str) -> str:
    """The Message-ID of a user's mail about that item."""
    domain = parseaddr(sender_of(settings))[1].rpartition("@")[2] or "localhost"
    return message_id(user_id, item, domain)


def post(
    store: Store, settings: Settings, outgoing: Outgoing, *, clock: Callable[[], datetime]
) -> Sent:
    """Send it, unless it was sent, may have been, or is being sent.

    Args:
        store: open.
        settings: mail server and sender.
        outgoing: what is sent.
        clock: aware; asked before and after the conversation.
    """
    sender = sender_of(settings)
    intent = Intent(
        user_id=outgoing.user_id,
        purpose=outgoing.purpose,
        item=outgoing.item,
        recipient=outgoing.recipient,
        message_id=outgoing.message_id,
    )
    send_id = store.intend_send(intent, now=clock())
    if send_id is None:
        return Sent(user_id=outgoing.user_id, item=outgoing.item, state="already")
    settled = _hand_in(store, settings, _mail(outgoing, sender, clock()), send_id)
    store.settle_send(send_id, settled, now=clock())
    return Sent(
        user_id=outgoing.user_id, item=outgoing.item, state=settled.state, note=settled.detail
    )


def _hand_in(store: Store, settings: Settings, mail: Mail, send_id: str) -> Settled:
    try:
        server = MailServer.at(settings.smtp_url.get_secret_value() if settings.smtp_url else "")
        message = compose(mail)
    except SettingsError as error:
        return Settled(state="unsent", detail=str(error))
    except MailError as error:
        return Settled(state="rejected", detail=str(error))
    return server.send(message, may_leave=lambda: store.begin_handover(send_id))


def _mail(outgoing: Outgoing, sender: str, now: datetime) -> Mail:
    domain = outgoing.message_id.strip("<>").rpartition("@")[2]
    return Mail(
        sender=sender,
        recipient=outgoing.recipient,
        subject=outgoing.page.subject,
        plain=outgoing.page.plain,
        html=outgoing.page.html,
        message_id=outgoing.message_id,
        sent_at=now,
        images=outgoing.images,
        list_unsubscribe=outgoing.list_unsubscribe,
        list_id=f"Run Letters <{outgoing.purpose}.{domain}>",
    )
