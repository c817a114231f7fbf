"""A study's run in this process: the Dagster job itself, on the home's own instance, so that the UI shows it later."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from dagster._core.execution.execute_in_process import merge_run_tags
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG
from dagster_shared.error import SerializableErrorInfo

from pipelines.orchestration.assembly import build_definitions
from pipelines.orchestration.dbt_cli import ensure_manifest
from pipelines.orchestration.instance import history_held_open, open_instance
from pipelines.orchestration.jobs import STUDY_RUN, sites_config
from pipelines.orchestration.partitions import register_study
from pipelines.orchestration.study_lock import hold_study
from pipelines.settings import Home

# A run that this command line started, and the process it ran in.
PROCESS_TAG = "siteproof/process"
# Names the code location in the UI, so that a run from the command line hangs under its job there.
_LOCATION = "__repository__@siteproof"
_UNFINISHED = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED)


@dataclass
class Step:
    """A step of a run as it goes on: what it has made so far, and in the end its seconds or its error."""

    name: str
    made: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class FinishedRun:
    """How a run ended: its steps, and where its log lies."""

    study: str
    run_id: str
    steps: list[Step]
    log: Path

    @property
    def failed_step(self) -> Step | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.error is not None), None)


OnStep = Callable[[Step], None]


def load_definitions(home: Home) -> dg.Definitions:
    """Return the home's Dagster objects, with a manifest of dbt's that is up to date.

    Raises:
        UserError: dbt cannot parse its project, or a suite is wrong.
    """
    return build_definitions(home, manifest=ensure_manifest())


def run_study(
    home: Home,
    definitions: dg.Definitions,
    study_id: str,
    *,
    sites: Sequence[str] | None = None,
    on_step: OnStep | None = None,
) -> FinishedRun:
    """Run ingest, standardize, validate, findings and report for a study, or only for some sites' exports.

    Args:
        home: where the study lies.
        definitions: what `build_definitions` made of that home.
        study_id: a study with a valid study.yml.
        sites: take in only these sites' exports.
        on_step: called when a step starts, makes something, and ends.

    Raises:
        StudyBusyError: another process runs the study.
    """
    with open_instance(home) as instance:
        register_study(instance, home, study_id)
        config = sites_config(sites) if sites is not None else {}
        return _run_job(home, definitions, instance, study_id, config, on_step)


def _run_job(
    home: Home,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    study_id: str,
    config: Mapping[str, object],
    on_step: OnStep | None,
) -> FinishedRun:
    log = home.dagster / "logs" / f"{study_id}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with hold_study(home, study_id, wait=False):
        close_dead_runs(instance, study_id)
        with log.open("w", encoding="utf-8") as file, silence(file):
            job = definitions.resolve_job_def(STUDY_RUN)
            tags = merge_run_tags(job, study_id, _own_tags(), None, instance, config)
            run = instance.create_run_for_job(job_def=job, run_config=config, tags=tags)
            steps: dict[str, Step] = {}
            with history_held_open(home, run.run_id):
                for event in execute_run_iterator(InMemoryJob(job), run, instance):
                    step = _follow(event, steps)
                    if step is not None and on_step is not None:
                        on_step(step)
        ended = instance.get_run_by_id(run.run_id)
    finished = list(steps.values())
    if ended is not None and not ended.is_success and all(step.error is None for step in finished):
        finished.append(Step(name="start", error="Dagster could not start or finish the run; its log says more"))
    return FinishedRun(study_id, run.run_id, finished, log)


def _own_tags() -> dict[str, str]:
    return {PROCESS_TAG: str(os.getpid()), REPOSITORY_LABEL_TAG: _LOCATION}


def close_dead_runs(instance: dg.DagsterInstance, study_id: str) -> None:
    """Mark a killed command's runs as failed; whoever holds the study's lock knows that none of them is alive."""
    mine = dg.RunsFilter(tags={"dagster/partition": study_id}, statuses=list(_UNFINISHED))
    for run in instance.get_runs(mine):
        if PROCESS_TAG in run.tags:
            instance.report_run_failed(run, "The process of this run ended before the run did.")


def _follow(event: dg.DagsterEvent, steps: dict[str, Step]) -> Step | None:
    """Note an event in its step; return the step if there is something to show."""
    if event.step_key is None:
        return None
    step = steps.setdefault(event.step_key, Step(event.step_key.rpartition("__")[2]))
    kind = event.event_type
    if kind == dg.DagsterEventType.STEP_START:
        return step
    if kind == dg.DagsterEventType.ASSET_MATERIALIZATION:
        step.made += 1
        materialization = event.step_materialization_data.materialization
        step.facts = {name: str(value.value) for name, value in materialization.metadata.items() if "/" not in name}
        return step
    if kind == dg.DagsterEventType.STEP_SUCCESS:
        step.seconds = event.step_success_data.duration_ms / 1000
        return step
    if kind == dg.DagsterEventType.STEP_FAILURE:
        step.error = _true_message(event.step_failure_data.error)
        return step
    return None


def _true_message(error: SerializableErrorInfo | None) -> str:
    """Return the message of what went wrong in the step; Dagster wraps it in errors of its own."""
    if error is None:
        return "no message"
    while error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    message = error.message.strip()
    if error.cls_name in ("UserError", "ConfigError"):
        return message.split(": ", 1)[-1]
    return message


@contextlib.contextmanager
def silence(file: TextIO) -> Iterator[None]:
    """Send what Dagster, dbt and their child processes write to the terminal into a file.

    Python's streams and the process's own descriptors both: Dagster copies a step's output with child processes.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    try:
        with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
            yield
    finally:
        file.flush()
        for descriptor, original in zip((1, 2), kept, strict=True):
            os.dup2(original, descriptor)
            os.close(original)
