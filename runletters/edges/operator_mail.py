"""Mails to who runs the house: plain words, no list, no pictures."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from email.utils import make_msgid, parseaddr

from runletters.edges.mail import MailServer
from runletters.edges.mail_message import Mail, compose
from runletters.errors import MailError, SettingsError
from runletters.settings import Settings


def tell_operator(settings: Settings, *, subject: str, lines: Sequence[str], now: datetime) -> str:
    """Mail the operator, if there is one and mail is set; what became of it, never an error."""
    sender, server = settings.mail_from, settings.smtp_url
    if not (settings.operator_email and sender and server):
        return (
            "nobody was told: RUNLETTERS_OPERATOR_EMAIL, RUNLETTERS_MAIL_FROM or "
            "RUNLETTERS_SMTP_URL is not set"
        )
    mail = Mail(
        sender=sender,
        recipient=settings.operator_email,
        subject=subject[:200],
        plain="\n\n".join(lines) + "\n",
        html="".join(f"<p>{html.escape(line)}</p>" for line in lines),
        message_id=make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost"),
        sent_at=now,
    )
    try:
        settled = MailServer.at(server.get_secret_value()).send(
            compose(mail), may_leave=lambda: True
        )
    except (MailError, SettingsError) as error:
        return f"the mail could not be sent: {error}"
    return f"the operator's mail: {settled.state}"
