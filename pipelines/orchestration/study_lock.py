"""Lets one process at a time work on a study, whoever started it: the command line, a schedule, the sensor or the UI.

The kernel drops the lock when its holder dies, so a killed run never blocks the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from pipelines.orchestration.run_errors import StudyBusyError
from pipelines.settings import Home

_held: dict[str, TextIO] = {}


@contextlib.contextmanager
def hold_study(home: Home, study_id: str, *, wait: bool) -> Iterator[None]:
    """Hold a study for this process; steps inside a held run pass through.

    Raises:
        StudyBusyError: another process holds it and `wait` is false.
    """
    path = home.warehouse / f"{study_id}.lock"
    if str(path) in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise StudyBusyError(f"study {study_id} is held by {holder}; try again when it has ended") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        file.flush()
        _held[str(path)] = file
        try:
            yield
        finally:
            del _held[str(path)]
