"""What strangers wrote is shown as harmless text: terminal, JSON, Markdown of the UI, mail."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from rich.console import Console, RenderableType

from deployments.cli import replies
from runletters.activities import Problem
from runletters.ingest_reports import ingest_markdown
from runletters.plans import plan_markdown
from runletters.summaries import summary_markdown
from runletters.untrusted import markdown_text, visible

HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(2)) | a ||~~b~~ [bold red]loud[/] "
    "\x1b[31mred \x1b]8;;http://evil.example\x1b\\link\x9b2J \r over \u202e turned \u2028 "
    "<img src=x>"
)
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def screen(*shown: RenderableType) -> str:
    """What a colour terminal of 400 columns is sent."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="truecolor", width=400)
    console.print(*shown)
    return re.sub("\x1b\\[[0-9;]*m", "", out.getvalue().replace("\x1b[1;31m", "LOUD"))


@pytest.mark.parametrize(
    "shown",
    [
        replies.paragraph(HOSTILE),
        replies.table(["day"], [[HOSTILE]]),
        replies.table(["day"], [["x"]], title=HOSTILE),
        replies.two_columns([("x", HOSTILE), (HOSTILE, "x")]),
        replies.two_columns([("x", "y")], title=HOSTILE),
    ],
)
def test_a_terminal_shows_a_strangers_text_and_obeys_nothing_in_it(shown: RenderableType) -> None:
    """No colour, link, cursor, carriage return or turned text comes out of a title or an id."""
    sent = screen(shown)

    assert not OBEYED.findall(sent)
    assert "LOUD" not in sent
    together = re.sub(r"\s", "", sent)  # a narrow column breaks words
    assert "[boldred]loud[/]" in together
    assert "[31mred" in together


@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_that_quotes_a_stranger_is_one_harmless_line(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """Errors name what was found, which somebody else may have written."""
    replies.emit_error(ValueError(HOSTILE), as_json=as_json)
    said = capsys.readouterr()

    assert not OBEYED.findall(said.out + said.err)
    assert "[bold red]loud[/]" in said.err


def test_json_for_programs_is_safe_on_a_screen_and_loses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Control characters are written as escapes; what a program reads is what was stored."""
    replies.emit(replies.Reply(data={"letter": HOSTILE}), as_json=True)
    said = capsys.readouterr().out

    assert not OBEYED.findall(said)
    assert {"letter": HOSTILE} == json.loads(said)


def _summary() -> dict[str, Any]:
    skipped = dict.fromkeys(
        ("already_written", "being_written", "rights", "beyond_tier", "beyond_max"), 0
    )
    return {
        "user": HOSTILE, "done": 1, "fallback": 0, "skipped": 0, "skipped_by_reason": skipped,
        "unchanged": 0, "failed": 1, "left": 0, "input_tokens": 0, "output_tokens": 0,
        "unpriced": 1, "unknown_billing": 0, "cost_usd": "0", "cost_nano_usd": 0,
        "cost_usd_per_activity": None, "seconds": 1.0, "model": HOSTILE, "quote": None,
        "failures": {f"X: {HOSTILE}": 1}, "stopped": HOSTILE, "tier_message": None,
    }  # fmt: skip


def _ingest() -> str:
    names = ("loaded", "runs", "merged", "updated", "already_known", "quarantined", "ignored")
    summary = {"user": HOSTILE, "activities": 0, "seconds": 0.0, **dict.fromkeys(names, 0)}
    problem = Problem(
        file=HOSTILE, content_sha256="s", reason_code="x", reason=HOSTILE, remedy=HOSTILE
    )
    return ingest_markdown(summary, (problem,))


@pytest.mark.parametrize(
    "markdown",
    [
        markdown_text(HOSTILE),
        summary_markdown(_summary()),
        _ingest(),
        plan_markdown({"body": HOSTILE, "plan": {"weeks": []}}),
    ],
    ids=["text", "summary", "ingest", "plan"],
)
def test_markdown_in_the_ui_shows_a_strangers_text_as_text(markdown: str) -> None:
    """No tag, link, emphasis or table bar of a stranger is left in an artifact."""
    assert not OBEYED.findall(markdown)
    assert "<" not in markdown
    assert not re.search(r"(?<!\\)\](?:\(|\[)", markdown)
    assert not re.search(r"(?<!\\)(?:~~|\|\|)", markdown)
    assert "&lt;script&gt;" in markdown


def test_visible_text_keeps_its_lines_and_its_words() -> None:
    """Line breaks and narrow blanks part words as before; accents and emoji stay."""
    assert "5 km\nété 🏃" == visible("5\u202fkm\nété 🏃")
