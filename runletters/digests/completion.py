"""The mail after a backfill: what was written, what failed and why, what it cost.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runletters.digests.links import Links
from runletters.digests.page import Page, rendered
from runletters.digests.words import Words, words_for
from runletters.failures import grouped
from runletters.progress import duration_text
from runletters.summaries import cost_text
from runletters.users import Preferences

WORST = 5


def is_worth_a_mail(result: Mapping[str, Any]) -> bool:
    """Whether anything happened: something was written, failed, or the run ended early."""
    return bool(
        result.get("done") or result.get("failed") or result.get("stopped") or result.get("error")
    )


def completion_page(
    result: Mapping[str, Any], preferences: Preferences, links: Links, *, link: str | None = None
) -> Page:
    """The mail about one backfill.

    Args:
        result: the summary of `runletters.summaries`; of a run that ended with an error at
            least `error`, the rest counts as nothing.
        preferences: the reader's language and units.
        links: where the mail points.
        link: where this very run can be looked at; the journal if None.
    """
    words = words_for(preferences.language, preferences.units)
    kind, count = _kind(result), words.wording.count
    done, failed = int(result.get("done") or 0), int(result.get("failed") or 0)
    return rendered(
        "completion",
        {
            "language": words.wording.language,
            "subject": words.say("done", f"subject_{kind}", done=count(done), failed=count(failed)),
            "intro": words.say("done", f"intro_{kind}"),
            "figures": _figures(result, words),
            "reasons_title": words.say("done", "reasons"),
            "reasons": _reasons(result, words),
            "error": " ".join(str(result.get("error") or result.get("stopped") or "").split()),
            "tier_message": result.get("tier_message") or "",
            "link": link or links.journal,
            "open": words.say("done", "open"),
            "why": words.say("done", "why"),
        },
    )


def _kind(result: Mapping[str, Any]) -> str:
    if result.get("error"):
        return "failed"
    if result.get("stopped"):
        return "stopped"
    return "some" if result.get("failed") else "done"


def _figures(result: Mapping[str, Any], words: Words) -> list[dict[str, str]]:
    rows = [
        (name, words.wording.count(int(result[name])))
        for name in ("done", "failed", "skipped")
        if result.get(name) or name == "done"
    ] if "done" in result else []  # fmt: skip
    if "cost_nano_usd" in result:
        rows.append(("cost", _cost(result, words)))
    if result.get("seconds"):
        rows.append(("seconds", duration_text(float(result["seconds"]))))
    return [{"label": words.say("done", name), "value": value} for name, value in rows]


def _cost(result: Mapping[str, Any], words: Words) -> str:
    cost = int(result["cost_nano_usd"])
    shown = f"${cost_text(cost)}" if cost else words.say("done", "free")
    unpriced = int(result.get("unpriced") or 0)
    note = words.say("done", "unpriced", n=words.wording.count(unpriced)) if unpriced else ""
    return f"{shown} ({note.rstrip('.')})" if note else shown


def _reasons(result: Mapping[str, Any], words: Words) -> list[str]:
    failures: Mapping[str, int] = result.get("failures") or {}
    return [
        f"{words.wording.count(group.texts)} × {' '.join(group.example.split())[:300]}"
        for group in grouped(failures)[:WORST]
    ]
