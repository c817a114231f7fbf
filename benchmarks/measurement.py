"""Measures a command with all its children, names the machine, and keeps each benchmark's part of RESULTS.md."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pipelines.settings import PROJECT_ROOT, offline_environment

SITEPROOF = str(Path(sys.executable).with_name("siteproof"))
RESULTS = Path(__file__).parent / "RESULTS.md"
_PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "polars", "pyarrow")
_LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Measurement:
    """A command's cost with all its children: wall and processor seconds, and the most memory held at once (PSS)."""

    wall: float
    cpu: float
    peak_bytes: int
    output: str


def measure(command: Sequence[str]) -> Measurement:
    """Run a command of this project to its end and return what it cost.

    Raises:
        subprocess.CalledProcessError: it failed; its output was shown.
    """
    before, began = os.times(), time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own commands, no shell
        command, cwd=PROJECT_ROOT, env=offline_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        watch = _MemoryWatch(process.pid)
        output, _ = process.communicate()
        peak = watch.finish()
    wall, after = time.perf_counter() - began, os.times()
    if process.returncode:
        print(output, file=sys.stderr)
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measurement(wall, cpu, peak, output)


class _MemoryWatch:
    """Adds up the memory of a process and its descendants, again and again; pages that they share count once."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def finish(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            self._peak = max(self._peak, sum(map(_memory_of, _tree(self._root))))


def _tree(root: int) -> list[int]:
    """Return a process and its descendants."""
    found = [root]
    for process in found:
        for listing in Path(f"/proc/{process}/task").glob("*/children"):
            found += map(int, _text_of(listing).split())
    return found


def _memory_of(process: int) -> int:
    match = re.search(r"^Pss:\s+(\d+) kB", _text_of(Path(f"/proc/{process}/smaps_rollup")), re.MULTILINE)
    return int(match.group(1)) * 1024 if match else 0


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ""  # the process has ended meanwhile


def machine_lines() -> list[str]:
    """Return the lines that name the machine, the system and the versions."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"))
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return [
        f"* {cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} cores, "
        f"{int(memory.group(1)) / 2**20 if memory else 0:.0f} GiB; {platform.system()} {platform.release()}; "
        f"load {os.getloadavg()[2]:.1f} in the quarter of an hour before the end",
        f"* Python {platform.python_version()}, {packages}",
    ]


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def keep_section(title: str, lines: Sequence[str], results: Path = RESULTS) -> None:
    """Replace the section of this title in RESULTS.md, or add it; the other sections stay."""
    old = results.read_text(encoding="utf-8") if results.exists() else "# Benchmarks\n"
    head, *sections = re.split(r"^## ", old, flags=re.MULTILINE)
    kept = [section for section in sections if section.split("\n", 1)[0] != title]
    mine = "\n".join([title, "", *lines, "", *machine_lines(), "", ""])
    text = "## ".join([head.rstrip() + "\n\n", *sorted([*kept, mine])])
    results.write_text(text.rstrip() + "\n", encoding="utf-8")
    print("\n".join(lines))
