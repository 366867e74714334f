"""How a letter is built from what is telling in this run.

Pure: no clock, no network, no database, no chance: a letter follows from its
sheet alone. Neighbouring runs have neighbouring numbers, and each list of
phrases is walked in turn, so that what was just said is the last to come again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runletters.content import canonical_json
from runletters.facts import FactSheet
from runletters.writing.phrasebook import Phrase, Phrasebook, Place
from runletters.writing.plans import LANES, OPENING_PLANS, LetterPlan, plan_for
from runletters.writing.slots import slots

FEWEST_WORDS = 100
MOST_WORDS = 150
ENOUGH_WORDS = 112  # with this many, nothing more is added
HEADLINE_SLOTS = frozenset({"distance", "moving_time", "pace", "start_time", "elevation_gain",
    "heart_rate_avg", "similar_runs", "usual_pace", "usual_heart_rate", "weekday", "day",
    "part_of_day"})  # fmt: skip
"""Said once; a phrase that would repeat one of them is the second choice."""

OFTEN = {"reflection": 3}
"""Said up to this often in a letter, so the next letter begins as many phrases further on."""


def words(text: str) -> int:
    """Words as people count them."""
    return len(text.split())


def seed_of(sheet: FactSheet) -> int:
    """A number that follows from the facts and nothing else."""
    canonical = canonical_json(sheet.model_dump(mode="json"))
    return int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:8])


def _offset(beat: str, place: str) -> int:
    return hashlib.sha256(f"{beat}/{place}".encode()).digest()[0]


@dataclass
class Draft:
    """A letter being written: what was said, and which figures it has used."""

    book: Phrasebook
    slots: Mapping[str, str]
    seed: int
    turn: int  # the run's number in the history, else the seed
    said: list[tuple[Place, str]] = field(default_factory=list[tuple[Place, str]])
    used: set[str] = field(default_factory=set[str])
    phrases: set[str] = field(default_factory=set[str])
    times: Counter[str] = field(default_factory=Counter[str])  # how often each beat was said

    @property
    def word_count(self) -> int:
        """Words so far."""
        return sum(words(text) for _, text in self.said)

    def chosen(self, beat: str, place: Place) -> Phrase | None:
        """The phrase whose turn it is among those that repeat the fewest figures."""
        known = [p for p in self.book.phrases(beat, place) if p.slots <= self.slots.keys()]
        fewest = min((self._repeats(p, place) for p in known), default=0)
        fitting = [p for p in known if self._repeats(p, place) == fewest]
        start = self._turn_of(beat, place, len(fitting)) if fitting else 0
        in_turn = fitting[start:] + fitting[:start]
        return next((p for p in in_turn if p.text not in self.phrases), None)

    def _repeats(self, phrase: Phrase, place: Place) -> int:
        return len(phrase.slots & self.used) if place == "body" else 0

    def _turn_of(self, beat: str, place: Place, count: int) -> int:
        """Where in a list to begin: a phrase comes again after about `count` runs at the earliest.

        A beat that is told every few runs would meet the same few phrases again and again if
        the run's number alone decided, so its list is walked in as many lanes.
        """
        if beat in OFTEN and self.times[beat] >= OFTEN[beat]:
            # More than its share: taken from afar, or the next letter would begin with it.
            return (self.turn * OFTEN[beat] + count // 2 + _offset(beat, place)) % count
        lanes = OPENING_PLANS if place == "open" else LANES.get(beat, 1)
        steps, lane = divmod(self.turn * OFTEN.get(beat, 1), lanes)
        return (steps + lane * count // lanes + _offset(beat, place)) % count

    def say(self, beat: str, place: Place, *, room: int = MOST_WORDS) -> bool:
        """Add the beat's phrase if there is one and it fits into the room."""
        phrase = self.chosen(beat, place)
        if phrase is None:
            return False
        text = phrase.said(self.slots, self.seed ^ _offset(beat, place))
        if self.word_count + words(text) > room:
            return False
        self.said.append((place, text))
        self.used |= phrase.slots & HEADLINE_SLOTS
        self.phrases.add(phrase.text)
        self.times[beat] += 1
        return True


def compose(sheet: FactSheet, book: Phrasebook, *, shift: int = 0) -> str:
    """The letter of a sheet; another `shift` gives another letter of the same facts."""
    seed = seed_of(sheet) + shift
    number = sheet.fact("run_number")
    turn = int(number.value) + shift if number else seed
    draft = Draft(book=book, slots=slots(sheet), seed=seed, turn=turn)
    plan = plan_for(sheet, book, turn)
    _open(draft, plan)
    _fill(draft, plan)
    _close(draft, plan)
    return _paragraphs(draft.said)


def _open(draft: Draft, plan: LetterPlan) -> None:
    for beat in plan.openings:
        if draft.say(beat, "open"):
            plan.told(beat)
            return


def _fill(draft: Draft, plan: LetterPlan) -> None:
    room = MOST_WORDS - plan.closing_words
    for beat in plan.body:
        if draft.word_count >= ENOUGH_WORDS - plan.closing_words and beat not in plan.wanted:
            continue
        draft.say(beat, "body", room=room)
    for beat in _more(plan.fillers):
        if draft.word_count >= FEWEST_WORDS - 3 or not draft.say(beat, "body", room=room):
            break


def _more(fillers: Sequence[str]) -> Iterator[str]:
    for _ in range(6):
        yield from fillers


def _close(draft: Draft, plan: LetterPlan) -> None:
    for beat in plan.closings:
        if draft.say(beat, "close"):
            break
    while draft.word_count < FEWEST_WORDS and draft.say("reflection", "body"):
        draft.said.insert(-1, draft.said.pop())


def _paragraphs(said: Sequence[tuple[Place, str]]) -> str:
    opening = [text for place, text in said if place == "open"]
    body = [text for place, text in said if place == "body"]
    closing = [text for place, text in said if place == "close"]
    cut = (len(body) + 1) // 2
    parts = [opening + body[:cut], body[cut:] + closing]
    return "\n\n".join(" ".join(part) for part in parts if part)
