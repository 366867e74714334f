"""Many files on all cores, and files that kill their reader."""

from __future__ import annotations

import gzip
from pathlib import Path

from servers.deadly_reader import deadly

from runletters.edges import readers, reading
from runletters.edges.intake import Entry


def entries(folder: Path, contents: dict[str, bytes]) -> list[Entry]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [
        Entry(name=name, size=len(content), url=str(folder / name))
        for name, content in contents.items()
    ]


def test_results_come_in_the_order_of_the_entries(tmp_path: Path) -> None:
    """Whoever is ready first, the order is that of the names."""
    names = [f"{number}.gpx" for number in range(12)]
    todo = entries(tmp_path, {name: f"<gpx n='{name}'/>".encode() for name in names})

    found = list(reading.read_all(todo, frozenset(), workers=2))

    assert names == [read.entry.name for read in found]
    assert all(read.result is not None and read.result.problems for read in found)


def test_a_file_that_kills_its_process_is_a_problem(tmp_path: Path) -> None:
    """Every other file is read, in order; the deadly one says what happened."""
    contents = {f"{number:02}.gpx": f"<gpx n='{number}'/>".encode() for number in range(12)}
    contents["05.gpx"] = b"kill me"

    found = list(
        reading.read_all(entries(tmp_path, contents), frozenset(), workers=2, parse=deadly)
    )

    reasons = {read.entry.name: read.result.problems[0].reason for read in found if read.result}
    assert list(contents) == [read.entry.name for read in found]
    assert ["05.gpx"] == [name for name, reason in reasons.items() if "died" in reason]


def test_known_content_is_not_parsed(tmp_path: Path) -> None:
    """Plain and gzipped are one content; a reader is not asked."""
    content = b"<gpx/>"
    todo = entries(
        tmp_path, {"a.gpx": content, "b.gpx.gz": gzip.compress(content), "c.gpx": b"kill"}
    )
    known = frozenset(reading._content_sha256(each) for each in (content, b"kill"))

    found = list(reading.read_all(todo, known, parse=deadly))

    assert [None, None, None] == [read.result for read in found]
    assert found[0].content_sha256 == found[1].content_sha256


def test_the_early_hash_is_the_readers_hash() -> None:
    """Known content is only recognised if both hash the same bytes."""
    for content in (b"<gpx/>", gzip.compress(b"<gpx/>"), gzip.compress(b"a") + gzip.compress(b"b")):
        assert readers.read_bytes("a.gpx", content).content_sha256 == reading._content_sha256(
            content
        )


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    """Between looking and reading a file may vanish; the others are read."""
    todo = [
        *entries(tmp_path, {"a.gpx": b"<gpx/>"}),
        Entry(name="b", size=1, url=str(tmp_path / "b")),
    ]

    here, gone = reading.read_all(todo, frozenset())

    assert here.result is not None
    assert gone.result is not None
    assert "FileNotFoundError" in gone.result.problems[0].reason
