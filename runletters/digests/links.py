"""Addresses in mails, and the signed link that ends them with one click.

Pure: no clock, no network, no database. A token names a user and is signed with a secret;
it does not expire, because a mail may be opened years later and must still end.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import quote

_SIGNED_AS = b"run-letters unsubscribe digests 1\n"


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where a mail points; None where nothing is known to point to."""

    base_url: str | None = None
    unsubscribe_url: str | None = None  # https, one click by POST (RFC 8058)
    unsubscribe_mail: str | None = None  # mailto:

    @property
    def journal(self) -> str | None:
        """The runner's journal."""
        return f"{self.base_url}/" if self.base_url else None

    def activity(self, activity_id: str) -> str | None:
        """The page of one run."""
        return f"{self.base_url}/runs/{quote(activity_id, safe='')}" if self.base_url else None

    @property
    def list_unsubscribe(self) -> str | None:
        """The value of the List-Unsubscribe header; the https address first."""
        known = [link for link in (self.unsubscribe_url, self.unsubscribe_mail) if link]
        return ", ".join(f"<{link}>" for link in known) or None


def links_for(
    user_id: str, *, base_url: str | None, secret: str | None, sender: str | None
) -> Links:
    """The links of one reader's mail.

    Args:
        user_id: whose mail it is.
        base_url: address of the journal or app, with or without a slash at its end.
        secret: signs the link; without it or without base_url there is no link.
        sender: the sender's address; a mail to it with the subject "unsubscribe" is the
            fallback for programs that cannot post.
    """
    base = base_url.rstrip("/") if base_url else None
    address = parseaddr(sender or "")[1]
    return Links(
        base_url=base,
        unsubscribe_url=f"{base}/unsubscribe/{token(user_id, secret)}" if base and secret else None,
        unsubscribe_mail=f"mailto:{address}?subject=unsubscribe" if address else None,
    )


def token(user_id: str, secret: str) -> str:
    """The signed name of a user, safe in a URL."""
    name = _text(user_id.encode())
    return f"{name}.{_text(_signature(user_id, secret))}"


def user_of(signed: str, secret: str) -> str | None:
    """Whose token this is; None for one that we did not sign."""
    name, _, signature = signed.partition(".")
    try:
        user_id = _bytes(name).decode()
        given = _bytes(signature)
    except (binascii.Error, UnicodeError):
        return None
    return user_id if hmac.compare_digest(given, _signature(user_id, secret)) else None


def _signature(user_id: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), _SIGNED_AS + user_id.encode(), hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
