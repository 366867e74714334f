"""What the documents tell people to type: each command, deployment, setting and example."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclopts import App
from prefect import Flow
from prefect.settings import Settings as PrefectSettings
from prefect.settings.legacy import (
    _get_settings_fields,
)
from prefect.utilities.importtools import import_object

from deployments.cli.app import app
from runletters.edges.publishing import publish_house
from runletters.edges.store import Store
from runletters.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "GLOSSARY.md",
    *sorted((REPOSITORY / "docs").rglob("*.md")),
    REPOSITORY / "deployments" / "README.md",
]
CODE = [path for part in ("runletters", "deployments", "flows", "tasks")
        for path in sorted((REPOSITORY / part).rglob("*.py"))]  # fmt: skip
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
_TYPED = re.compile(r"^(?:\.venv/bin/)?(runletters|prefect|make|export) (.+)$")


def typed(page: Path) -> list[tuple[str, str]]:
    """Lines a person would type, as (program, rest): code blocks, and code inside sentences."""
    text = page.read_text(encoding="utf-8")
    pieces = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    pieces += re.findall(r"`([^`\n]+)`", text)
    found = [match for piece in pieces if (match := _TYPED.match(piece))]
    return [(match[1], re.sub(r"\s+#.*$", "", match[2])) for match in found]


def all_typed(program: str) -> list[Any]:
    return [
        pytest.param(rest, id=f"{page.relative_to(REPOSITORY)}: {rest}")
        for page in PAGES
        for name, rest in typed(page)
        if name == program
    ]


def command_of(tokens: list[str]) -> tuple[App, list[str]]:
    """The command that the words name, and what is left of them."""
    found = app
    while tokens and not tokens[0].startswith("-") and tokens[0] in set(found):
        found, tokens = found[tokens[0]], tokens[1:]
    assert found is not app, f"there is no command {tokens[:1]}"
    return found, tokens


@pytest.mark.parametrize("line", all_typed("runletters"))
def test_every_command_is_understood(line: str) -> None:
    """As it stands; a command that is only named exists."""
    tokens = shlex.split(line)
    _, given = command_of(tokens)

    if given:
        plain = [token for token in tokens if token not in {"--json", "--debug"}]
        app.parse_args(plain, exit_on_error=False, print_error=False)


def test_every_command_has_a_row_in_the_readme_and_every_row_a_command() -> None:
    """What the rows say of options exists as well; `--version` and `--help` need no row."""
    table = (
        (REPOSITORY / "README.md").read_text(encoding="utf-8").partition("| command | does |")[2]
    )
    rows = [line.split(" | ") for line in table.partition("\n\n")[0].splitlines()[2:]]
    named: set[str] = set()
    for commands, does in rows:
        spans = re.findall(r"`([^`]+)`", commands)
        named |= {span.split()[0] for span in spans}
        command, _ = command_of([spans[0].split()[0]])
        if len(spans) == 1 and command.default_command:  # else whose options are they?
            known = {name for each in command.assemble_argument_collection() for name in each.names}
            assert set(re.findall(r"--[a-z-]+", f"{spans[0]} {does}")) <= known, spans

    assert {name for name in app if not name.startswith("-")} == named


def test_every_command_that_a_message_names_exists() -> None:
    """Remedies say what to type: it must be there."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in CODE)
    named = set(re.findall(r"(?:`|: |, or |\"|Run )runletters ([a-z]+)\b", text)) - {"import"}

    assert len(named) > 5
    assert set() == named - set(app)


@pytest.mark.parametrize("line", all_typed("prefect"))
def test_every_deployment_that_is_started_takes_its_parameters(line: str) -> None:
    """The name stands in prefect.yaml, and its flow accepts what is given."""
    tokens = shlex.split(line)
    if tokens[:2] != ["deployment", "run"]:
        assert tokens[0] in {"server", "work-queue", "worker", "deploy"}, line
        return

    flow = deployed()[tokens[2]]
    given = dict(
        tokens[at + 1].split("=", 1)
        for at, token in enumerate(tokens)
        if token in {"-p", "--param"}
    )

    assert set(given) <= set(flow.parameters.properties)
    flow.validate_parameters(given)


def deployed() -> dict[str, Flow[..., Any]]:
    """Flows of prefect.yaml by flow/deployment."""
    file = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"))
    flows = [(import_object(each["entrypoint"]), each["name"]) for each in file["deployments"]]
    return {f"{flow.name}/{name}": flow for flow, name in flows}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_everything_a_page_names_exists(page: Path) -> None:
    """Settings, targets of make, deployments and files of this repository."""
    text = page.read_text(encoding="utf-8")
    settings = set(re.findall(r"\bRUNLETTERS_[A-Z0-9_]+\b", text))
    of_prefect = set(re.findall(r"\bPREFECT_[A-Z0-9_]+\b", text))
    targets = {rest.split()[0] for program, rest in typed(page) if program == "make"}
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+/[a-z-]+)`", text))
    paths = set(re.findall(r"`((?:docs|tests|deployments|flows|tasks|runletters)/[\w./-]+)`", text))

    fields = {f"RUNLETTERS_{name.upper()}" for name in Settings.model_fields}
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert set() == settings - fields
    assert set() == of_prefect - set(_get_settings_fields(PrefectSettings))
    assert set() == targets - set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set() == named - set(deployed())
    assert [] == [path for path in paths if not (REPOSITORY / path).exists()]


def test_the_sources_of_the_operations_page_can_be_added_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is run; afterwards they are listed, and the last line takes one away."""
    monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path))
    lines = [
        rest
        for program, rest in typed(REPOSITORY / "docs" / "operations.md")
        if program == "runletters" and rest.startswith("source ") and "look" not in rest
    ]

    for line in lines:
        command, bound, _ = app.parse_args(shlex.split(line), exit_on_error=False)
        command(*bound.args, **bound.kwargs)

    with Store.open(Settings(_env_file=None, home=tmp_path).store) as store:
        left = {source.name: source.config.kind for source in store.sources("ada")}
    assert len(lines) >= 5
    assert {"intervals": "intervals", "sql": "sql"} == left


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On a published file, at the place where the README looks for it."""
    monkeypatch.chdir(tmp_path)
    publish_house(Settings(_env_file=None, home=Path("run-letters-data")), now=NOW)
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"(?m)(^    import duckdb\n(?:    .*\n)+)", readme)

    exec(re.sub(r"(?m)^    ", "", block), {})  # noqa: S102 - our own document

    assert "letter_status" in capfd.readouterr().out
