"""Titles and notes are bounded data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.untrusted import TITLE_CHARACTERS, bounded_title, speaks_of_hardship


@given(st.text(max_size=400))
def test_a_title_is_one_short_line_without_control_characters(text: str) -> None:
    """Whatever comes in, what goes out is bounded and printable."""
    title = bounded_title(text) or ""

    assert len(title) <= TITLE_CHARACTERS
    assert not set(title) & set("\n\r\t\x00\x1b\u202e\u2066\u200f")


def test_bidi_overrides_are_removed() -> None:
    """A title cannot turn the text around it."""
    assert "evilrun" == bounded_title("evil\u202erun\u202c")


@pytest.mark.parametrize(
    "said",
    ["Knee PAIN at 5k", "crashed on ice", "Grippe, abgebrochen", "膝盖疼", "chute à vélo",
     "kontuzja kolana", "mal di gola e febbre", "fell at the corner", "травма", "감기",
     "rolled my ankle", "Achilles sore again", "still coughing", "threw up", "hit by a car",
     "Knieschmerzen ab km 4", "Wadenkrampf", "hingefallen", "das Knie tut mir weh",
     "Magen-Darm", "mir war schlecht", "Achillessehne entzündet", "Unfall an der Kreuzung",
     "mal au genou", "j'ai mal aux jambes", "je me suis tordu la cheville", "gros rhume",
     "genou douloureux", "entorse", "me duele la rodilla", "me dolió todo", "con gripe",
     "tropecé con una raíz", "esguince de tobillo", "molestias en el gemelo", "肉離れ"],
)  # fmt: skip
def test_pain_crash_and_illness_are_heard_in_several_languages(said: str) -> None:
    """Each of these switches the tone."""
    assert speaks_of_hardship(said)


@pytest.mark.parametrize(
    "said",
    ["Morning run", "Painting the town", "no pain today", "fell running with the club",
     "Blessed Sunday", "I'll be back", "ohne Schmerzen", None, "",
     "schmerzfrei gelaufen", "aucune douleur", "pas de douleur", "nothing hurts", "not sick",
     "nicht krank", "ya no me duele", "sin molestias", "blistering pace", "Wettkampf",
     "broke the course record", "pas mal à la fin", "cold morning", "petit pain au chocolat"],
)  # fmt: skip
def test_ordinary_words_do_not_switch_the_tone(said: str | None) -> None:
    """Words that only look alike, and denials, leave the tone as it is."""
    assert not speaks_of_hardship(said)
