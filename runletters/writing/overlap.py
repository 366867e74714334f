"""How much a text repeats earlier ones: the share of its four-word runs they hold.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WORDS_IN_A_ROW = 4


def grams(text: str) -> frozenset[str]:
    """Every four words in a row, lower case, without punctuation."""
    said = re.findall(r"[\w:.,'’-]*\w", text.lower())
    count = len(said) - WORDS_IN_A_ROW + 1
    return frozenset(" ".join(said[i : i + WORDS_IN_A_ROW]) for i in range(max(0, count)))


def overlap(text: str, earlier: Sequence[str]) -> float:
    """Share of the text's four-word runs that occur in any earlier text, 0 to 1."""
    mine = grams(text)
    if not mine or not earlier:
        return 0.0
    seen = frozenset[str]().union(*(grams(other) for other in earlier))
    return len(mine & seen) / len(mine)
