"""Which language a text is in.

Pure: no clock, no network, no database. py3langid: its model (4 MB) comes with the
package and knows 97 languages.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from threading import Lock
from typing import cast

# py3langid carries no types; this is the only function used.
_classify = cast("Callable[[str], tuple[str, float]]", import_module("py3langid").classify)
# The package loads its model at the first text, in every thread that comes before it is
# loaded: the first texts of 400 threads took seconds and a gigabyte.
_FIRST_COMES_ALONE = Lock()
_loaded: list[bool] = []


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language; None where there is nothing to go by."""
    if not text.strip():
        return None
    if not _loaded:
        with _FIRST_COMES_ALONE:
            _classify("a")
            _loaded.append(True)
    return _classify(text)[0]
