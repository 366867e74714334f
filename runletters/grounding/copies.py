"""Not the same letter again: overlap with the runner's latest texts.

Pure: no clock, no network, no database. The measure is the containment of word
shingles (Broder 1997): the share of this text's shingles that stand in one earlier
text; figures count as one and the same word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, note, reject
from runletters.grounding.lexicon import table

LOOK_BACK = 20
_TOKEN = re.compile(r"[^\W\d_]+|\d[\d.,:]*|[\u3040-\u30ff\u3400-\u9fff]")
_FIRST = re.compile(r"^.*?[.!?](?=\s|$)", re.DOTALL)


@lru_cache(maxsize=256)
def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Every run of so many words as limits.toml says, figures replaced by #."""
    size = int(table("limits.toml")["copy"]["words"])
    tokens = ["#" if t[0].isdigit() else t for t in _TOKEN.findall(text.lower())]
    return frozenset(tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1))


def check_copies(draft: Draft) -> Iterator[Finding]:
    """A near-copy is rejected; the same first sentence is a remark."""
    own = shingles(draft.text)
    at_most = float(table("limits.toml")["copy"][f"at_most_{draft.kind}"])
    for earlier in draft.recent[:LOOK_BACK]:
        share = len(own & shingles(earlier)) / max(1, len(own))
        if share > at_most:
            say = reject if draft.kind == "letter" else note
            yield say(
                "copy",
                (0, 0),
                f"{share:.0%} of the text",
                f"at most {at_most:.0%} in common",
                "repeats an earlier text of this runner",
            )
            return
        if draft.kind == "letter" and _opening(draft.text) == _opening(earlier):
            yield note(
                "opening",
                (0, 0),
                _opening(draft.text)[:60],
                "a first line of its own",
                "begins like an earlier text",
            )
            return


def _opening(text: str) -> str:
    found = _FIRST.match(text.strip())
    return found.group() if found else text.strip()
