"""GPX and TCX share this: a safe, streaming walk over XML that may be broken.

One library: lxml. No DTD is read, no entity is replaced, nothing is fetched; a
document that declares a DOCTYPE is refused, since neither format has one. What
is broken is read up to the break and beyond it where the parser can recover.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sized
from functools import lru_cache
from io import BytesIO
from typing import Protocol, cast

from runletters.errors import UnreadableFile

UTF8_MARK = b"\xef\xbb\xbf"
DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
PROLOG_BYTES = 65_536  # a DOCTYPE further in is found by the parser itself
TAIL_BYTES = 4_096


class UnsafeXml(UnreadableFile):
    """The document declares a DOCTYPE."""


class Element(Protocol):
    """The part of an lxml element that the readers touch."""

    @property
    def tag(self) -> object:
        """A name; a function for entities and other nodes that are no element."""
        ...

    @property
    def text(self) -> str | None:
        """The text before the first child."""
        ...

    def get(self, key: str) -> str | None:
        """An attribute."""
        ...

    def iter(self) -> Iterator[Element]:
        """The element and all below it, in the order of the document."""
        ...

    def getroottree(self) -> _Tree:
        """The document."""
        ...

    def clear(self) -> None:
        """Forget children and text."""
        ...

    def __iter__(self) -> Iterator[Element]: ...


class _DocInfo(Protocol):
    doctype: str


class _Tree(Protocol):
    docinfo: _DocInfo


class _Parse(Protocol):
    error_log: Sized

    def __iter__(self) -> Iterator[tuple[str, Element]]: ...


class _Lxml(Protocol):
    XMLSyntaxError: type[Exception]

    def iterparse(self, source: BytesIO, **options: object) -> _Parse: ...


# lxml ships no types; the protocols above name the few members used here.
etree = cast("_Lxml", cast("object", importlib.import_module("lxml.etree")))


def safe_parse(content: bytes, tags: list[str]) -> _Parse:
    """The parser's events: no entity is replaced, no DTD is read, nothing is fetched.

    It holds by itself, should a declaration ever get past the refusal of a DOCTYPE.
    """
    return etree.iterparse(
        BytesIO(content),
        events=("start", "end"),
        tag=tags,
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


class XmlWalk:
    """Start and end events of chosen elements; afterwards `damage` says what was broken."""

    def __init__(self, content: bytes, root: str, tags: tuple[str, ...]) -> None:
        self._content = content.removeprefix(UTF8_MARK).lstrip()
        self._root = root
        self._tags = [f"{{*}}{tag}" for tag in tags]
        self.damage: str | None = None  # truncated, broken_xml

    def __iter__(self) -> Iterator[tuple[bool, str, Element]]:
        """Yield (is it the end, local name, element).

        Raises:
            UnsafeXml: the document declares a DOCTYPE.
        """
        if DOCTYPE.search(self._content[:PROLOG_BYTES]):
            raise UnsafeXml("the document declares a DOCTYPE or entities")
        try:
            yield from self._events()
        except etree.XMLSyntaxError:
            self.damage = self._kind_of_damage()

    def _events(self) -> Iterator[tuple[bool, str, Element]]:
        walk = safe_parse(self._content, self._tags)
        checked = False
        for event, element in walk:
            if not checked:
                _refuse_doctype(element)
                checked = True
            yield event == "end", local_name(element.tag), element
        if len(walk.error_log):
            self.damage = self._kind_of_damage()

    def _kind_of_damage(self) -> str:
        closing = re.compile(rb"</(\w+:)?" + self._root.encode() + rb"\s*>", re.IGNORECASE)
        return "broken_xml" if closing.search(self._content[-TAIL_BYTES:]) else "truncated"


def _refuse_doctype(element: Element) -> None:
    if element.getroottree().docinfo.doctype:
        raise UnsafeXml("the document declares a DOCTYPE or entities")


@lru_cache(maxsize=1_024)
def local_name(tag: object) -> str:
    """The name without namespace or prefix; empty for nodes that are no element."""
    return re.split(r"[}:]", tag)[-1] if isinstance(tag, str) else ""


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of this local name, and so on down the path."""
    for name in path:
        if element is None:
            return None
        element = next((found for found in element if local_name(found.tag) == name), None)
    return element


def child_text(element: Element | None, *path: str) -> str | None:
    """The text of `child`, None where there is none."""
    found = child(element, *path)
    return None if found is None else found.text
