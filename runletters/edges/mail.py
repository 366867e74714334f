"""Mails over SMTP: one message, one conversation, and what is known about its end.

The conversation is led step by step, because what matters is how far it got:

- refused or broken before the mail itself: `unsent`, may be tried again; a refusal for
  good (5xx) is `rejected`, for asking again would not help;
- the server took the mail (250 after the last line): `sent`;
- the line broke or nothing was heard after the first byte of the mail had left:
  `ambiguous`. The mail may have arrived, so nobody may send it again by itself.

Passwords go over encrypted lines only; a mail server on this machine is the exception.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

from runletters.digests.sending import Settled
from runletters.errors import MailError, SettingsError

TIMEOUT_S = 60.0
_PORTS = {"smtp": 587, "smtps": 465}
_REMEDY = "Set RUNLETTERS_SMTP_URL to smtp://user:password@host:587 or smtps://…:465."


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mails are handed in."""

    host: str
    port: int
    is_tls: bool = False  # from the first byte
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S

    @classmethod
    def at(cls, url: str) -> Self:
        """The server at smtp://user:password@host:port or smtps://….

        Raises:
            SettingsError: not such a URL. The message never shows the password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise SettingsError(
                "The mail server's address has no usable port.", remedy=_REMEDY
            ) from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SettingsError(
                f"The mail server's address begins with {parts.scheme or 'nothing'!r} and names "
                f"{parts.hostname or 'no host'!r}; expected smtp:// or smtps:// and a host.",
                remedy=_REMEDY,
            )
        return cls(
            host=parts.hostname,
            port=port,
            is_tls=parts.scheme == "smtps",
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    def send(self, message: EmailMessage, *, may_leave: Callable[[], bool]) -> Settled:
        """Hand one message in.

        Args:
            message: from `compose`.
            may_leave: asked after the server accepted sender and recipient and before the
                first byte of the mail; False ends the attempt, nothing was sent.
        """
        try:
            connection = self._connected()
        except (OSError, smtplib.SMTPException, SettingsError) as error:
            return _before(error)
        try:
            return self._handed_in(connection, message, may_leave)
        finally:
            _leave(connection)

    def check(self) -> None:
        """Connect and log in, and go: what `doctor` asks.

        Raises:
            MailError: it does not work; says what the server said.
        """
        try:
            _leave(self._connected())
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(
                f"The mail server {self.host}:{self.port}: {_said(error)}.", remedy=_REMEDY
            ) from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.is_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_s, context=context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            self._secured(connection, context)
        except BaseException:
            connection.close()
            raise
        return connection

    def _secured(self, connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
        connection.ehlo_or_helo_if_needed()
        if not self.is_tls and connection.has_extn("starttls"):
            # On this machine certificates are made by hand; elsewhere they must be right.
            connection.starttls(context=_unchecked() if self._is_here else context)
            connection.ehlo()
        elif not self.is_tls and self.user and not self._is_here:
            raise SettingsError(
                f"The mail server {self.host}:{self.port} offers no encryption; the password "
                "was not sent.",
                remedy=_REMEDY,
            )
        if self.user:
            connection.login(self.user, self.password or "")

    @property
    def _is_here(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def _handed_in(
        self, connection: smtplib.SMTP, message: EmailMessage, may_leave: Callable[[], bool]
    ) -> Settled:
        sender, recipient = (parseaddr(str(message[name]))[1] for name in ("From", "To"))
        try:
            for code, reply in (
                _asked(connection.mail(sender)),
                _asked(connection.rcpt(recipient)),
            ):
                if code >= 400:
                    return _refused(code, reply)
        except (OSError, smtplib.SMTPException) as error:
            return _before(error)
        if not may_leave():
            return Settled(state="unsent", detail="given up by a later run")
        return _delivered(connection, message.as_bytes())


def _delivered(connection: smtplib.SMTP, content: bytes) -> Settled:
    try:
        code, reply = connection.data(content)
    except smtplib.SMTPDataError as error:
        # Raised for the answer to DATA itself: no line of the mail was sent.
        return _refused(int(error.smtp_code), _text(error.smtp_error))
    except (OSError, smtplib.SMTPException) as error:
        return Settled(state="ambiguous", detail=f"no answer after the mail: {_said(error)}")
    if code == 250:
        return Settled(state="sent", detail=f"{code} {_text(reply)}"[:500])
    return _refused(code, _text(reply))


def _asked(answer: tuple[int, bytes]) -> tuple[int, str]:
    return answer[0], _text(answer[1])


def _refused(code: int, reply: str) -> Settled:
    is_final = code >= 500
    return Settled(state="rejected" if is_final else "unsent", detail=f"{code} {reply}"[:500])


def _before(error: Exception) -> Settled:
    is_final = isinstance(error, smtplib.SMTPNotSupportedError)
    return Settled(state="rejected" if is_final else "unsent", detail=_said(error)[:500])


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()
