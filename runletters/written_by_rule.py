"""The offline text of each kind.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runletters.content import Kind, Text
from runletters.digests.grounds import write_text
from runletters.facts import FactSheet
from runletters.plans import write_plan
from runletters.writing.offline import write_coaching, write_letter

_BY_KIND: Mapping[Kind, Callable[[FactSheet], Text]] = {
    "letter": write_letter,
    "coaching": write_coaching,
    "plan": write_plan,
    "digest": write_text,
}


def offline_writer_of(kind: Kind) -> Callable[[FactSheet], Text]:
    """What makes a text of that kind from a sheet alone."""
    return _BY_KIND[kind]
