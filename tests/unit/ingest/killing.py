"""Ends a run at the n-th step of writing to the disk, and shows what lies there then."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest import store


class Killed(BaseException):
    """Ends the run on the spot, like a kill: nothing that catches errors stops it."""


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def killer(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Callable[[], int]]:
    """Kill at the n-th step of writing to the disk, a write half-way; gives a function that counts the steps."""
    real = {
        (os, "fsync"): os.fsync,
        (Path, "rename"): Path.rename,
        (Path, "replace"): Path.replace,
        (Path, "mkdir"): Path.mkdir,
        (shutil, "rmtree"): shutil.rmtree,
        (store, "_write_through"): store._write_through,
    }

    def kill_at(n: int) -> Callable[[], int]:
        steps = 0

        def counted(step: Callable[..., Any]) -> Callable[..., Any]:
            def one(*args: Any, **named: Any) -> Any:
                nonlocal steps
                steps += 1
                if steps == n:
                    if step is real[store, "_write_through"]:
                        path, content = args
                        path.write_bytes(content[: len(content) // 2])
                    raise Killed
                return step(*args, **named)

            return one

        for (owner, name), step in real.items():
            monkeypatch.setattr(owner, name, counted(step))
        return lambda: steps

    return kill_at


def after_each_kill(
    folder: Path,
    before: Path,
    total: int,
    killing: Callable[[int], object],
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[[], object],
) -> Iterator[int]:
    """Yield the number of each disk operation at which a step was killed, begun anew each time from `before`."""
    for n in range(1, total + 1):
        shutil.rmtree(folder)
        shutil.copytree(before, folder)
        killing(n)
        with pytest.raises(Killed):
            step()
        monkeypatch.undo()
        yield n
