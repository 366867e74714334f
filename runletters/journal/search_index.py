"""The index of the search page: a script that holds data and nothing else.

Pure: no clock, no network, no database, no files. A script and not JSON, because pages
opened from disk may load scripts of their own folder and may not fetch files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from runletters.journal.model import Entry

NAME = "RUN_JOURNAL_INDEX"


def index_script(
    entries: Sequence[Entry], *, date_of: Callable[[Entry], str], figures_of: Callable[[Entry], str]
) -> str:
    """The script: one row per run, newest first.

    A row is [anchor, date, title, figures, letter]; the anchor's first seven characters
    name the page. Strings are shown as text by the page, never as markup; `<` is escaped
    all the same, should somebody ever copy the script into a page.
    """
    rows = [
        [
            entry.anchor,
            date_of(entry),
            entry.title or "",
            figures_of(entry),
            "\n".join(entry.letter),
        ]
        for entry in entries
    ]
    data = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"window.{NAME}={safe};\n"
