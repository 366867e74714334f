"""One mail as a message: plain text, HTML, pictures inside, and the headers of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from pydantic import AwareDatetime

from runletters.errors import MailError


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail to one person, in both forms, with its pictures inside."""

    sender: str
    recipient: str
    subject: str
    plain: str
    html: str
    message_id: str  # with angle brackets
    sent_at: AwareDatetime
    images: Mapping[str, bytes] = field(default_factory=dict[str, bytes])  # PNG by content id
    list_unsubscribe: str | None = None  # "<https://…>, <mailto:…>"
    list_id: str | None = None


def compose(mail: Mail) -> EmailMessage:
    """The message as it leaves: plain text, HTML, pictures by content id, headers.

    Raises:
        MailError: an address or a header cannot be used.
    """
    try:
        return _composed(mail)
    except (ValueError, MessageError, IndexError) as error:
        raise MailError(
            f"The mail to {mail.recipient!r} cannot be made: {error}.",
            remedy="Check the user's e-mail address and RUNLETTERS_MAIL_FROM.",
        ) from error


def content_id(name: str, message_id: str) -> str:
    """The content id of a picture, without angle brackets; used as `cid:…` in the HTML."""
    return f"{name}.{message_id.strip('<>')}"


def _composed(mail: Mail) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(mail.sender)
    message["To"] = _address(mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.sent_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in _list_headers(mail).items():
        message[name] = value
    message.set_content(mail.plain)
    message.add_alternative(mail.html, subtype="html")
    html = message.get_body(("html",)) or message
    for cid, png in mail.images.items():
        name = f"{cid.partition('.')[0]}.png"
        html.add_related(png, "image", "png", cid=f"<{cid}>", filename=name, disposition="inline")
    return message


def _address(text: str) -> Address:
    name, plain = parseaddr(text)
    if "@" not in plain or not text.isprintable() or " " in plain:
        raise ValueError(f"{text!r} is no address; expected name@example.org")
    return Address(display_name=name, addr_spec=plain)


def _list_headers(mail: Mail) -> dict[str, str]:
    headers: dict[str, str] = {}
    if mail.list_id:
        headers["List-ID"] = mail.list_id
    if mail.list_unsubscribe:
        headers["List-Unsubscribe"] = mail.list_unsubscribe
    if mail.list_unsubscribe and "<https://" in mail.list_unsubscribe:
        # RFC 8058: one click needs https; without it the header would promise too much.
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
