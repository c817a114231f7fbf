"""Keeps the processes that read sas7bdat files: one for each reading at a time, used again for the files to come.

Each reads every file in a child of its own (see `sas_dataset_process.py`), so that files are as far apart as with a
new process for each. They end when they have been idle for a while, and with this process, however it ends.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from pipelines.settings import offline_environment

SCRIPT = Path(__file__).with_name("sas_dataset_process.py")
# As the script says.
UNREADABLE, MACHINE = 3, 100
IDLE_SECONDS = 10
# What a process may need beyond the time of its file: to load the library, and to tell that a child was ended.
GRACE_SECONDS = 60


class _WorkerGoneError(Exception):
    """A process ended without an answer. No file does that: its child would have ended, and the process tells so."""


class _Worker:
    """One process that reads files, one after another."""

    def __init__(self) -> None:
        # A session of its own, so that it can be ended with its child, and no Ctrl-C ends it in our place.
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env=offline_environment(OPENBLAS_NUM_THREADS="1"),  # more threads than one would not survive a fork
            start_new_session=True,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, object], seconds: float) -> int:
        """Return the exit code of the child that served a request."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - both are pipes
        with suppress(BrokenPipeError):  # then there is no answer either
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        watch = select.poll()
        watch.register(self._process.stdout, select.POLLIN)
        answer = b""
        while not answer.endswith(b"\n"):
            if not watch.poll(seconds * 1000):
                return -signal.SIGALRM  # as if its own clock had ended it
            piece = self._process.stdout.read(64)
            if not piece:
                raise _WorkerGoneError
            answer += piece
        return int(answer)

    def end(self) -> None:
        """End the process, and its child, whatever they are doing."""
        self._close()
        # What has been waited for may have left its number to a stranger.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):  # they have ended by themselves
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def forget(self) -> None:
        """Let go of a process that is another one's, of which this one is a fork."""
        self._close()
        self._process.returncode = 0  # nobody waits for it here

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Workers:
    """The processes of this one; may be used by several threads."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._clock: threading.Timer | None = None

    def read(self, path: Path, target: Path, cells_at_once: int, seconds: int) -> int:
        """Have a file read into an Arrow file; return the exit code of the process that did, if that is its answer.

        Raises:
            OSError: not the file is at fault, but this machine: no process can be started, or its disk is full.
        """
        request = {"path": str(path), "target": str(target), "cells_at_once": cells_at_once, "seconds": seconds}
        for _ in range(2):
            worker = self._take()
            try:
                code = worker.ask(request, seconds + GRACE_SECONDS)
            except _WorkerGoneError:
                worker.end()
                continue
            except BaseException:
                worker.end()
                raise
            if code == -signal.SIGALRM:
                worker.end()
            else:
                self._give_back(worker)
            if code > MACHINE:
                raise OSError(code - MACHINE, os.strerror(code - MACHINE), str(target.parent))
            return code
        raise OSError("the process that reads SAS datasets ends as soon as it begins")

    def end_idle(self) -> None:
        """End the processes that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def forget_all(self) -> None:
        """Start without any, in a fork of the process to which they belong."""
        for worker in self._idle:
            worker.forget()
        self._begin()

    def _take(self) -> _Worker:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return _Worker()
            if worker.is_alive:
                return worker
            worker.end()

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)
            if self._clock is not None:
                self._clock.cancel()
            self._clock = threading.Timer(IDLE_SECONDS, self.end_idle)
            self._clock.daemon = True
            self._clock.start()


WORKERS = Workers()
atexit.register(WORKERS.end_idle)
os.register_at_fork(after_in_child=WORKERS.forget_all)
