"""Spares the garbage collector while rows are read: it would look through each row's list again and again."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_readings = 0
_readings_lock = threading.Lock()


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Hold off the search while any thread reads; rows hold no cycles, so nothing piles up."""
    global _readings
    with _readings_lock:
        _readings += 1
        gc.disable()
    try:
        yield
    finally:
        with _readings_lock:
            _readings -= 1
            if not _readings:
                gc.enable()
