"""Reads many entries on all cores, in the order given, with a bounded number in flight.

Threads bring the bytes and look whether their content is known; only what is new goes to
the processes that parse, and where nothing is new no process is started. A process that
dies takes no other file with it: what it and its neighbours held is parsed again, each
file in a process of its own, and the one that kills its process again is a problem.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeAlias

from runletters.activities import ReadResult
from runletters.edges import readers
from runletters.edges.intake import Entry
from runletters.edges.read_common import refused
from runletters.errors import HistoryError

Parse: TypeAlias = Callable[[str, bytes], ReadResult]

_FEW = 8  # so few files are read sooner than processes start
_FEW_BYTES = 8 * 2**20
_IN_FLIGHT_PER_WORKER = 3
_PIECE_BYTES = 2**20


@dataclass(frozen=True, kw_only=True)
class Read:
    """What came of one entry."""

    entry: Entry
    content_sha256: str
    result: ReadResult | None  # None: the content is known and was not parsed


def read_all(
    entries: Sequence[Entry],
    known: frozenset[str],
    workers: int | None = None,
    parse: Parse = readers.read_bytes,
) -> Iterator[Read]:
    """Read every entry; bad input comes back as a problem, never as an exception.

    Args:
        entries: what to read.
        known: content hashes that need not be parsed again.
        workers: processes; one per core if None.
        parse: makes recordings of a name and its bytes; a function a process can import.

    Yields:
        One `Read` per entry, in the order of the entries.
    """
    workers = workers or cores()
    few = len(entries) <= _FEW and sum(entry.size for entry in entries) <= _FEW_BYTES
    if few:
        yield from (_read(entry, known, parse) for entry in entries)
        return
    with _Processes(workers=workers, function=parse) as processes:
        yield from _side_by_side(entries, known, processes)


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _side_by_side(
    entries: Sequence[Entry], known: frozenset[str], processes: _Processes
) -> Iterator[Read]:
    """In order, with as many files in memory as are in flight."""
    waiting, flying = deque(entries), deque[Future[Read]]()
    most = processes.workers * _IN_FLIGHT_PER_WORKER
    with ThreadPoolExecutor(max_workers=most, thread_name_prefix="reading") as threads:
        try:
            while waiting or flying:
                while waiting and len(flying) < most:
                    flying.append(threads.submit(_read, waiting.popleft(), known, processes.parse))
                yield flying.popleft().result()
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


def _read(entry: Entry, known: frozenset[str], parse: Parse) -> Read:
    try:
        content = entry.read()
    except (HistoryError, OSError) as error:
        return _unread(entry, error)
    content_sha256 = _content_sha256(content)
    if content_sha256 in known:
        return Read(entry=entry, content_sha256=content_sha256, result=None)
    result = parse(entry.name, content)
    return Read(entry=entry, content_sha256=result.content_sha256, result=result)


def _content_sha256(content: bytes) -> str:
    """The hash the readers give, before anything is parsed; empty for damaged gzip."""
    if not content.startswith(readers.GZIP_MARK):
        return hashlib.sha256(content).hexdigest()
    digest = hashlib.sha256()
    try:
        with gzip.open(io.BytesIO(content)) as file:
            for _ in range(readers.MOST_UNPACKED_BYTES // _PIECE_BYTES):
                digest.update(file.read(_PIECE_BYTES))
            return "" if file.read(1) else digest.hexdigest()
    except (OSError, EOFError, zlib.error):
        return ""


def _unread(entry: Entry, error: Exception) -> Read:
    # Without its bytes a file has no content to be known by; its name and size stand in.
    mark = hashlib.sha256(f"{entry.name}:{entry.size}".encode()).hexdigest()
    is_ours = isinstance(error, HistoryError)
    reason = str(error.args[0]) if is_ours else f"It cannot be opened ({type(error).__name__})."
    result = refused(entry.name, mark, "unreadable", reason)
    return Read(entry=entry, content_sha256=mark, result=result)


@dataclass(kw_only=True)
class _Processes:
    """A pool of processes that is there when the first file needs it, and again if it breaks."""

    workers: int
    function: Parse
    _pool: ProcessPoolExecutor | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def parse(self, name: str, content: bytes) -> ReadResult:
        """Parse in one of the processes; called by many threads."""
        pool = self._ready()
        try:
            return pool.submit(self.function, name, content).result()
        except BrokenProcessPool:
            self._drop(pool)
            return self._alone(name, content)

    def _alone(self, name: str, content: bytes) -> ReadResult:
        with _new_pool(1) as pool:
            try:
                return pool.submit(self.function, name, content).result()
            except BrokenProcessPool:
                content_sha256 = _content_sha256(content)
                reason = "The process that read this file died, twice."
                return refused(name, content_sha256, "unreadable", reason)

    def _ready(self) -> ProcessPoolExecutor:
        with self._lock:
            self._pool = self._pool or _new_pool(self.workers)
            return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _new_pool(workers: int) -> ProcessPoolExecutor:
    # A forked process would inherit the locks of Polars' and boto3's threads as they stand.
    return ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn"))
