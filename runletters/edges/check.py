"""One thing that `runletters doctor` looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was found, whether it works, and what to do if not."""

    name: str
    found: str
    state: str = "ok"  # ok, note (works, but know this), bad
    remedy: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether something that is needed does not work."""
        return self.state == "bad"

    @property
    def mark(self) -> str:
        """A sign for the terminal."""
        return {"ok": "ok", "note": "!", "bad": "BAD"}[self.state]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
