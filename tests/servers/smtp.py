"""A real SMTP server for the tests, which can be told to misbehave at any step."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """What arrived, and how the server behaves for the next conversations."""

    host: str = ""
    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list[EmailMessage])
    on_rcpt: str | None = None  # answer instead of 250
    on_data: str | None = None  # answer instead of 250, the mail is not kept
    dies_after_keeping: bool = False  # keeps the mail and drops the line without an answer
    silent_before: set[str] = field(default_factory=set[str])  # no answer to these addresses
    silent_after: set[str] = field(default_factory=set[str])  # keeps their mails, says nothing
    waiting: set[str] = field(default_factory=set[str])  # addresses whose sender hears nothing

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if message["To"] == address]

    async def _silence(self, address: str, silent: set[str]) -> None:
        while address in silent:
            self.waiting.add(address)
            await asyncio.sleep(0.05)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        del server, session, options
        if self.on_rcpt:
            return self.on_rcpt
        await self._silence(address, self.silent_before)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's own names
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del session
        if self.on_data:
            return self.on_data
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(message_from_bytes(content, policy=policy.default))
        for address in envelope.rcpt_tos:
            await self._silence(str(address), self.silent_after)
        if self.dies_after_keeping and server.transport is not None:
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 kept"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server on a free port of this machine, and what it received."""
    with mail_server() as box:
        yield box


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """The same, for longer than one test."""
    box = Mailbox()
    with socket.socket() as probe:  # aiosmtpd cannot take port 0: it calls itself on start
        probe.bind(("127.0.0.1", 0))
        box.host, box.port = probe.getsockname()
    controller = Controller(box, hostname=box.host, port=box.port)
    controller.start()
    yield box
    controller.stop()
