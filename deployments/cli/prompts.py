"""Exactly what would be sent to the model about one activity."""

from __future__ import annotations

import json
from typing import Any

from rich.console import RenderableType
from rich.rule import Rule

from deployments.cli.replies import Reply, paragraph
from runletters.assignments import work_items
from runletters.backfilling import Order
from runletters.content import Kind
from runletters.edges.store import Store
from runletters.edges.writers import hands
from runletters.settings import Settings


def prompt_reply(user: str, activity: str, settings: Settings) -> Reply:
    """The bodies of the calls for a letter and an insight, built where the calls are built.

    Raises:
        UnknownActivity: it is not in the history of that user, or no run.
    """
    bodies = sent_bodies(user, activity, settings)
    data = {"user": user, "activity": activity, "prompt": bodies}
    if not bodies:
        return Reply(data=data, screen=[paragraph(_NOTHING)])
    screen: list[RenderableType] = []
    for kind, body in bodies.items():
        screen += [Rule(f"Sent for the {kind}", align="left"), *_shown(body)]
    return Reply(data=data, screen=[*screen, paragraph(_THAT_IS_ALL)])


_NOTHING = "Nothing is sent: the rights of this activity, or the tier, keep it from the model."
_THAT_IS_ALL = "That is all: no coordinates, addresses or serial numbers. --json shows it raw."


def sent_bodies(user: str, activity: str, settings: Settings) -> dict[Kind, dict[str, Any]]:
    """The body of each call by kind; none where nothing may be sent."""
    from runletters.edges.claude_given import sent_parameters
    from tasks.facts import read_fact_sheets
    from tasks.planning import read_plan

    order = Order(user_id=user, activity_id=activity, writer="claude", refresh=True)
    pairs = read_plan(order, settings).pairs
    if not pairs:
        return {}
    with Store.open(settings.store) as store:
        runner = store.known_user(user)
    sheets = read_fact_sheets(runner, pairs, settings)
    by_kind = hands("claude", settings, runner.preferences.language)
    items = work_items(user, pairs, sheets, by_kind)
    return {item.kind: sent_parameters(item) for item in items}


def _shown(body: dict[str, Any]) -> list[RenderableType]:
    """System and user text as they are; the rest of the body in one line."""
    words = ("system", "messages")
    rest = {name: value for name, value in body.items() if name not in words}
    texts = [_text(body.get("system")), *(_text(turn["content"]) for turn in body["messages"])]
    return [
        paragraph(json.dumps(rest, ensure_ascii=False), style="dim"),
        *map(paragraph, filter(None, texts)),
    ]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(block.get("text", "")) for block in content or ())
