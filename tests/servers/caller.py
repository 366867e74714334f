"""A process that writes as fast as it may for a while (store, API, flow run); prints its calls."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from servers.claude_items import fact_sheet, item_of

from runletters.edges.claude_writer import ClaudeWriter
from runletters.settings import Settings

SECONDS = 20


def main(store: str, url: str, run: str) -> int:
    """How many texts this process wrote."""
    settings = Settings(
        _env_file=None, store_url=store, anthropic_api_key="test-key", anthropic_base_url=url
    )
    writer = ClaudeWriter.open(settings)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    ends_at = time.monotonic() + SECONDS

    def write(thread: int) -> int:
        done = 0
        while time.monotonic() < ends_at:
            item = item_of(fact_sheet(f"{run}-{thread}-{done}"), "letter", settings)
            done += writer.write(item, run).is_done
        return done

    with ThreadPoolExecutor(12) as threads:
        return sum(threads.map(write, range(12)))


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
