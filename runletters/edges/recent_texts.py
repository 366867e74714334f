"""The runner's last texts, so that a new one does not repeat them: read once, then kept up."""

from __future__ import annotations

from collections import OrderedDict, deque
from threading import Lock
from typing import TypeAlias

from runletters.content import Kind, WorkItem
from runletters.edges.store import Store

LOOK_BACK = 20
REMEMBERED = 64
"""Runners and kinds whose last texts are in memory at a time."""

_Last: TypeAlias = deque[tuple[str, str]]  # activity and text, newest first


class RecentTexts:
    """The last texts by runner and kind; shared by the threads of a process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[tuple[str, Kind], _Last] = OrderedDict()
        self._lock = Lock()

    def before(self, item: WorkItem) -> tuple[str, ...]:
        """The runner's last texts of that kind about other runs, newest first."""
        with self._lock:
            last = tuple(self._last(item))
        return tuple(body for activity_id, body in last if activity_id != item.activity_id)

    def keep(self, item: WorkItem, body: str) -> None:
        """Remember a text that is about to be kept."""
        with self._lock:
            last = self._last(item)
            if (item.activity_id, body) not in last:
                last.appendleft((item.activity_id, body))

    def _last(self, item: WorkItem) -> _Last:
        key = (item.user_id, item.kind)
        if key not in self._known:
            stored = self._store.newest_texts(*key, limit=LOOK_BACK)
            self._known[key] = deque(stored, maxlen=LOOK_BACK)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]
