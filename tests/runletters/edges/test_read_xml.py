"""What the XML parser may not do, apart from the refusal of any DOCTYPE in front of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runletters.edges.read_xml import child_text, safe_parse

SECRET = "canary-of-another-file"


def declared(kind: str, folder: Path) -> bytes:
    """A document whose name is an entity: a text of its own, a file, or from a DTD on disk."""
    (folder / "secret.txt").write_text(SECRET)
    (folder / "names.dtd").write_text(f'<!ENTITY x "{SECRET}">')
    doctype = {
        "internal": f'[<!ENTITY x "{SECRET}">]',
        "file": f'[<!ENTITY x SYSTEM "{(folder / "secret.txt").as_uri()}">]',
        "DTD": f'SYSTEM "{(folder / "names.dtd").as_uri()}"',
    }[kind]
    return f"<!DOCTYPE gpx {doctype}><gpx><trk><name>&x;</name></trk></gpx>".encode()


@pytest.mark.parametrize("kind", ["internal", "file", "DTD"])
def test_no_entity_is_ever_replaced(kind: str, tmp_path: Path) -> None:
    """Even where a declaration reaches the parser, it opens no file and fills in no text."""
    walk = safe_parse(declared(kind, tmp_path), ["trk"])
    names = [child_text(element, "name") for event, element in walk if event == "end"]

    assert 1 == len(names)
    assert SECRET not in f"{names}"
