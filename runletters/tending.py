"""What is to be done about a flow run that died, hangs or failed.

Pure. The rule of money: a run that waited for an approval is never started again by itself,
and a run that is started again keeps its id, so its budget and its approvals stay its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

Finding: TypeAlias = Literal["zombie", "pending", "crashed", "failed"]
Advice: TypeAlias = Literal["declare_dead", "start_again", "tell", "leave"]

_DEAD_IF: dict[Finding, str] = {"zombie": "RUNNING", "pending": "PENDING"}


def advise(finding: Finding, states: Sequence[str], *, is_deployed: bool) -> Advice:
    """What to do.

    Args:
        finding: what the automation saw, perhaps a while ago.
        states: types of the run's states until now, oldest first.
        is_deployed: whether a worker can start it; a chapter of another run it cannot.
    """
    now, before = (states[-1], states[-2] if len(states) > 1 else "") if states else ("", "")
    if finding in _DEAD_IF:
        return "declare_dead" if now == _DEAD_IF[finding] else "leave"
    if not is_deployed:
        return "leave"
    if finding == "failed":
        return "tell" if now == "FAILED" else "leave"
    if now != "CRASHED":
        return "leave"
    return "tell" if before == "PAUSED" else "start_again"
