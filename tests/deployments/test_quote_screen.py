"""The quote on a narrow terminal."""

from __future__ import annotations

import io

from rich.console import Console, Group

from deployments.cli.quoting import quote_reply
from runletters.pricing import find_model
from runletters.quoting import Need, Quote, offers

NEED = Need(
    kind="letter", texts=20_000, calls_p50=1, calls_p90=1.2, input_tokens=800, output_p50=190,
    output_p90=260, seconds=3, input_from="estimate", output_from="estimate", n=8,
)  # fmt: skip


def test_models_are_told_apart_on_eighty_columns() -> None:
    """Their names differ at the end, so none is cut."""
    models = [find_model(f"claude-haiku-{name}") for name in ("4-5", "5-5")]
    made = offers([NEED], (models[0], "live"), models, tier="start", concurrency=16)
    quote = Quote(user_id="ada", tier="start", needs=(NEED,), offers=made)
    screen = io.StringIO()

    Console(file=screen, width=80).print(Group(*quote_reply(quote).screen))

    for model in models:
        assert 2 == screen.getvalue().count(model.id)
