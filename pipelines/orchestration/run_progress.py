"""Shows a run as it goes on: one line a step when it has ended, and on a terminal what the running step is at."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.status import Status

    from pipelines.orchestration.study_run import Step

# The counts of a step that are worth a place in its line, in this order.
_SHOWN_FACTS = (
    "sites",
    "sites_changed",
    "accepted",
    "duplicate",
    "refused",
    "held",
    "security",
    "verdicts",
    "findings",
)


class RunProgress:
    """Writes to the stream that was standard output at the start, also while a run keeps its own output in a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._status: Status | None = None

    def on_step(self, step: Step) -> None:
        """Show a step's news."""
        if step.seconds is None and step.error is None:
            self.busy(f"{step.name}: {step.made} made" if step.made else step.name)
            return
        ending = "failed" if step.error is not None else f"{step.seconds:.1f} s"
        self._stream.write(f"  {step.name:<12} {ending:>8}  {describe(step)}".rstrip() + "\n")
        self._stream.flush()

    def busy(self, what: str) -> None:
        """Say what is being done, where the line can be taken back."""
        if self._status is not None:
            self._status.update(what)

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self._stream.write(text + "\n")
        self._stream.flush()


def describe(step: Step) -> str:
    """Return a step's counts as words."""
    facts = [f"{step.facts[name]} {name.replace('_', ' ')}" for name in _SHOWN_FACTS if name in step.facts]
    if not facts and step.made > 1:
        return f"{step.made} models"
    return ", ".join(facts)


@contextlib.contextmanager
def run_progress() -> Iterator[RunProgress]:
    """Open the progress of one or more runs."""
    with _kept_stdout() as stream:
        progress = RunProgress(stream)
        if not stream.isatty():
            yield progress
            return
        from rich.console import Console

        with Console(file=stream).status("starting") as status:
            progress._status = status
            yield progress


@contextlib.contextmanager
def _kept_stdout() -> Iterator[TextIO]:
    try:
        descriptor = sys.stdout.fileno()
    except (AttributeError, OSError):
        # A stand-in for standard output, as tests and notebooks have.
        yield sys.stdout
        return
    sys.stdout.flush()
    with os.fdopen(os.dup(descriptor), "w", encoding="utf-8", errors="backslashreplace") as stream:
        yield stream
