"""Mails over a real SMTP server: what is sent, and what is known when it goes wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime

import pytest
from servers.smtp import Mailbox, mailbox

from runletters.edges.mail import MailServer
from runletters.edges.mail_message import Mail, compose, content_id
from runletters.errors import MailError, SettingsError

__all__ = ["mailbox"]

ID = "<abc@letters.example>"


def a_mail(now: datetime, **other: object) -> Mail:
    values: dict[str, object] = {
        "sender": "Run Letters <letters@letters.example>",
        "recipient": "ana@example.org",
        "subject": "38,2 km in 4 Läufen",
        "plain": "Grüße\n.\nEin Punkt allein.",
        "html": f'<p>Grüße <img src="cid:{content_id("days", ID)}"></p>',
        "message_id": ID,
        "sent_at": now,
        "images": {content_id("days", ID): b"\x89PNG picture"},
        "list_unsubscribe": "<https://letters.example/u/t>, <mailto:letters@letters.example>",
        "list_id": "Run Letters <digest.letters.example>",
    }
    return Mail(**(values | other))


def yes() -> bool:
    return True


@pytest.fixture
def nobody() -> Iterator[MailServer]:
    """A port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield MailServer(host="127.0.0.1", port=held.getsockname()[1], timeout_s=2)


def test_a_mail_arrives_whole(mailbox: Mailbox, now: datetime) -> None:
    """Both texts, the picture by its content id, and the headers of a list with one click."""
    settled = MailServer.at(mailbox.url).send(compose(a_mail(now)), may_leave=yes)

    (message,) = mailbox.messages
    parts = {part.get_content_type(): part for part in message.walk()}
    assert "sent" == settled.state
    assert "38,2 km in 4 Läufen" == message["Subject"]
    assert "Grüße\n.\nEin Punkt allein.\n" == parts["text/plain"].get_content().replace(
        "\r\n", "\n"
    )
    assert f"cid:{content_id('days', ID)}" in parts["text/html"].get_content()
    assert f"<{content_id('days', ID)}>" == parts["image/png"]["Content-ID"]
    assert b"\x89PNG picture" == parts["image/png"].get_content()
    assert "List-Unsubscribe=One-Click" == message["List-Unsubscribe-Post"]
    assert "<https://letters.example/u/t>" in message["List-Unsubscribe"]
    assert "multipart/alternative" == message.get_content_type()


def test_without_https_no_click_is_promised(now: datetime) -> None:
    """A mailto address is no one-click unsubscribe (RFC 8058)."""
    message = compose(a_mail(now, list_unsubscribe="<mailto:letters@letters.example>"))

    assert message["List-Unsubscribe-Post"] is None


def test_where_nobody_listens_nothing_was_sent(nobody: MailServer, now: datetime) -> None:
    """A refused connection is tried again later; the question before the mail is not asked."""
    settled = nobody.send(compose(a_mail(now)), may_leave=lambda: pytest.fail("nothing to leave"))

    assert "unsent" == settled.state
    assert "ConnectionRefusedError" in settled.detail


@pytest.mark.parametrize(
    ("answer", "state"), [("450 later", "unsent"), ("550 no such user", "rejected")]
)
def test_a_refused_recipient_is_later_or_never(
    mailbox: Mailbox, now: datetime, answer: str, state: str
) -> None:
    """4xx is for later, 5xx for good; the detail is what the server said."""
    mailbox.on_rcpt = answer

    settled = MailServer.at(mailbox.url).send(compose(a_mail(now)), may_leave=yes)

    assert (state, answer) == (settled.state, settled.detail)


@pytest.mark.parametrize(("answer", "state"), [("451 busy", "unsent"), ("554 spam", "rejected")])
def test_a_refused_mail_is_later_or_never(
    mailbox: Mailbox, now: datetime, answer: str, state: str
) -> None:
    """The server heard the whole mail and said no: it is known that it did not arrive."""
    mailbox.on_data = answer

    settled = MailServer.at(mailbox.url).send(compose(a_mail(now)), may_leave=yes)

    assert (state, []) == (settled.state, mailbox.messages)


def test_a_line_that_breaks_after_the_mail_is_ambiguous(mailbox: Mailbox, now: datetime) -> None:
    """The mail is there and nobody said so: never call that unsent."""
    mailbox.dies_after_keeping = True

    settled = MailServer.at(mailbox.url).send(compose(a_mail(now)), may_leave=yes)

    assert "ambiguous" == settled.state
    assert 1 == len(mailbox.messages)


def test_a_mail_that_may_not_leave_stays(mailbox: Mailbox, now: datetime) -> None:
    """Whoever lost the attempt meanwhile sends nothing."""
    settled = MailServer.at(mailbox.url).send(compose(a_mail(now)), may_leave=lambda: False)

    assert ("unsent", []) == (settled.state, mailbox.messages)


@pytest.mark.parametrize("recipient", ["ana", "ana@example.org\nBcc: eve@example.org", ""])
def test_an_address_that_is_none_is_an_error(now: datetime, recipient: str) -> None:
    """No header can be smuggled in, and the message says what was expected."""
    with pytest.raises(MailError, match=r"cannot be made"):
        compose(a_mail(now, recipient=recipient))


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example", "smtp://h:no"])
def test_a_wrong_server_address_is_explained_without_its_password(url: str) -> None:
    """The remedy shows the form; what was typed in is not shown."""
    with pytest.raises(SettingsError, match="RUNLETTERS_SMTP_URL"):
        MailServer.at(url.replace("//", "//u:canary@", 1))


def test_a_password_is_not_sent_over_an_open_line(
    monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox, now: datetime
) -> None:
    """A server elsewhere without encryption: nothing leaves, and the reason is told."""
    monkeypatch.setattr(MailServer, "_is_here", property(lambda _: False))
    server = MailServer.at(mailbox.url.replace("//", "//ana:secret@"))

    settled = server.send(compose(a_mail(now)), may_leave=yes)

    assert "unsent" == settled.state
    assert "offers no encryption" in settled.detail


def test_user_and_password_are_decoded() -> None:
    """A password may hold any character, percent-encoded; it does not show in the repr."""
    server = MailServer.at("smtps://ana%40example.org:p%2Fw%3A@mail.example")

    assert ("ana@example.org", "p/w:", 465, True) == (
        server.user, server.password, server.port, server.is_tls,
    )  # fmt: skip
    assert "p/w" not in repr(server)
