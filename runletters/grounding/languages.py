"""Which language a text is in.

Pure: no clock, no network, no database. py3langid: its model (4 MB) comes with the
package and knows 97 languages.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

# py3langid carries no types; this is the only function used.
_classify = cast("Callable[[str], tuple[str, float]]", import_module("py3langid").classify)


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language; None where there is nothing to go by."""
    return _classify(text)[0] if text.strip() else None
