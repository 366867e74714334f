"""Our backfill, as a worker runs it: `python -m benchmarks.contestants.ours USER`."""

from __future__ import annotations

import json
import sys
import time

from flows.backfill_history import backfill_history


def main() -> None:
    """Write everything that is missing; one line of JSON at the end."""
    began, imports_cpu_s = time.perf_counter(), time.process_time()
    summary = backfill_history(user=sys.argv[1], writer="claude")
    told = {"imports_cpu_s": imports_cpu_s, "done": summary["done"], "failed": summary["failed"]}
    sys.stdout.write(json.dumps({**told, "seconds": time.perf_counter() - began}) + "\n")


if __name__ == "__main__":
    main()
