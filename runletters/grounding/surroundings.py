"""What stands around a figure: its sentence, the words up to its neighbours, whose a word is.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runletters.grounding.claims import Claim
from runletters.grounding.dates import Day
from runletters.grounding.lexicon import words
from runletters.grounding.reading import Reading
from runletters.grounding.roles import owner_of, sentences, stretch_around
from runletters.grounding.wordlist import WordList


@dataclass(frozen=True)
class Written:
    """A text as read: its words, its figures and its dates."""

    reading: Reading
    claims: Sequence[Claim]
    days: Sequence[Day]
    bounds: Sequence[tuple[int, int]]  # sentences; the point of a date ends none

    def sentence(self, place: int) -> tuple[int, int]:
        """Where the sentence around a place begins and ends."""
        return stretch_around(self.bounds, place)

    def words(self, *path: str) -> WordList:
        """A list of words of the text's language."""
        return words(self.reading.language, *path)

    def says(self, place: int, *path: str) -> bool:
        """Whether a word of the list stands in the sentence around a place."""
        return bool(self.words(*path).search(self.reading.text, *self.sentence(place)))

    def before(self, claim: Claim) -> str:
        """The words of the sentence between the figure or date before and this one."""
        start, _ = self.sentence(claim.start)
        ends = [each.end for each in (*self.claims, *self.days) if start <= each.end <= claim.start]
        return self.reading.text[max(ends, default=start) : claim.start]

    def after(self, claim: Claim) -> str:
        """The words of the sentence between this figure and the next figure or date."""
        _, end = self.sentence(claim.start)
        starts = [e.start for e in (*self.claims, *self.days) if claim.end <= e.start < end]
        return self.reading.text[claim.end : min(starts, default=end)]

    def nearest(self, claim: Claim, section: str, names: Sequence[str]) -> str | None:
        """Whose words stand last before the figure in its sentence, else first behind it."""
        start, end = self.sentence(claim.start)
        found = [
            (cue.start(), name)
            for name in names
            for cue in self.words(section, name).finditer(self.reading.text, start, end)
        ]
        before = [each for each in found if each[0] < claim.start]
        behind = [each for each in found if each[0] >= claim.end]
        return max(before)[1] if before else min(behind)[1] if behind else None

    def owns(self, claim: Claim, rivals: Sequence[Claim], *path: str) -> bool:
        """Whether a word of the list belongs to this figure and to no rival of its sentence."""
        start, end = self.sentence(claim.start)
        near = [each for each in rivals if start <= each.start < end]
        text = self.reading.text
        found = self.words(*path).finditer(text, start, end)
        return any(owner_of(text, near, each.start(), each.end()) is claim for each in found)


def written(reading: Reading, claims: Sequence[Claim], days: Sequence[Day]) -> Written:
    """The text, with sentences that no date is cut by."""
    bounds: list[tuple[int, int]] = []
    for start, end in sentences(reading.text):
        if bounds and any(day.start < start < day.end for day in days):
            bounds[-1] = (bounds[-1][0], end)
        else:
            bounds.append((start, end))
    return Written(reading, claims, days, bounds)
