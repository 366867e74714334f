"""A straightforward Prefect flow: one task, `.map`, settings as Prefect comes.

`python -m benchmarks.contestants.plain_prefect CALLS CONCURRENCY`, calls as JSON lines.
Only the number of threads is given: without it Prefect starts one for every call at once.
The calls are read inside the flow: as its parameter they would be more than Prefect takes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from anthropic import Anthropic
from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

_CLIENT = Anthropic()


@task
def write(call: dict[str, Any]) -> str:
    """One text."""
    message = _CLIENT.messages.create(**call)
    return "".join(block.text for block in message.content if block.type == "text")


@flow
def write_all(source: str) -> list[str]:
    """Every text that came."""
    calls = [json.loads(line) for line in Path(source).read_text("utf-8").splitlines()]
    futures = write.map(calls)
    futures.wait()
    return [future.result() for future in futures if future.state.is_completed()]


def main() -> None:
    """Make every call; one line of JSON at the end."""
    source, concurrency = Path(sys.argv[1]), int(sys.argv[2])
    count = len(source.read_text("utf-8").splitlines())
    runner = ThreadPoolTaskRunner(max_workers=concurrency)
    began, imports_cpu_s = time.perf_counter(), time.process_time()
    texts = write_all.with_options(task_runner=runner)(str(source))
    told = {"imports_cpu_s": imports_cpu_s, "done": len(texts), "failed": count - len(texts)}
    sys.stdout.write(json.dumps({**told, "seconds": time.perf_counter() - began}) + "\n")


if __name__ == "__main__":
    main()
