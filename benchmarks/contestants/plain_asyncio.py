"""The official SDK with nothing around it: a semaphore, gather, and a file at the end.

`python -m benchmarks.contestants.plain_asyncio CALLS CONCURRENCY`, calls as JSON lines.
The SDK's own retries are on, as it comes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic


async def _all(calls: list[dict[str, Any]], concurrency: int) -> list[object]:
    slots = asyncio.Semaphore(concurrency)
    async with AsyncAnthropic() as client:

        async def write(call: dict[str, Any]) -> str:
            async with slots:
                message = await client.messages.create(**call)
                return "".join(b.text for b in message.content if b.type == "text")

        return await asyncio.gather(*map(write, calls), return_exceptions=True)


def main() -> None:
    """Make every call; one line of JSON at the end."""
    source, concurrency = Path(sys.argv[1]), int(sys.argv[2])
    calls = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
    began, imports_cpu_s = time.perf_counter(), time.process_time()
    texts = [text for text in asyncio.run(_all(calls, concurrency)) if isinstance(text, str)]
    source.with_suffix(".texts.json").write_text(json.dumps(texts), encoding="utf-8")
    told = {"imports_cpu_s": imports_cpu_s, "done": len(texts), "failed": len(calls) - len(texts)}
    sys.stdout.write(json.dumps({**told, "seconds": time.perf_counter() - began}) + "\n")


if __name__ == "__main__":
    main()
