"""How figures, days and comparisons are said in the reader's language and units."""

from runletters.wording.speech import LANGUAGES, Wording, wording_for

__all__ = ["LANGUAGES", "Wording", "wording_for"]
