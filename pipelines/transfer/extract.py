"""Writes the sponsor's extract of a study's newest run: whole or not at all, and a name is never given twice."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb

from pipelines.errors import UserError
from pipelines.findings import FINDING_COLUMNS, RunInfo, read_findings, read_run, read_verdicts, run_inputs
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.transfer.contents import write_contents
from pipelines.transfer.manifest import name_transfer, render_manifest
from pipelines.transfer.verification import MANIFEST, verify_extract

_UNFINISHED = ".unfinished"
# What a run depends on, in the user's words.
_INPUT_NAMES = {
    "code": "Siteproof's code",
    "deliveries": "the deliveries",
    "sites": "the sites",
    "study": "study.yml",
    "suites": "the suites",
}


def write_extract(home: Home, study: Study, cutoff: date | None) -> Path:
    """Write transfers/<STUDY>/<TRANSFER>/ and return it; one that is there with the same content is left.

    Raises:
        UserError: the study has not been run, what the run depends on changed since, another process writes the
            warehouse, or the folder is there with other content.
    """
    run = read_run(home, study.study)
    folder = home.transfers / study.study / name_transfer(run, cutoff)
    unfinished = folder.with_name(f".{folder.name}{_UNFINISHED}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        with _open_warehouse(home, study.study) as connection:
            _require_present_state(home, study, run)
            # The person of the staff is for the site and the SMO; the finding itself names whom it has to.
            findings = read_findings(home, study.study).select(FINDING_COLUMNS)
            verdicts = read_verdicts(home, study.study)
            files = write_contents(connection, study.map, findings, verdicts, cutoff, unfinished)
        manifest = render_manifest(study, run, cutoff, files)
        (unfinished / MANIFEST).write_text(manifest, encoding="utf-8", newline="\n")
        return put_in_place(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def put_in_place(unfinished: Path, folder: Path) -> Path:
    """Give a finished extract its name, unless the same extract has it already.

    Raises:
        UserError: another extract has the name.
    """
    if not folder.exists():
        unfinished.rename(folder)
        return folder
    same = (folder / MANIFEST).is_file() and (folder / MANIFEST).read_bytes() == (unfinished / MANIFEST).read_bytes()
    problems = verify_extract(folder) if same else ["its manifest differs"]
    if problems:
        raise UserError(
            f"{folder} is there with other content ({problems[0]}). An extract is never overwritten:"
            " move that folder away, then write the extract again"
        )
    return folder


def _open_warehouse(home: Home, study_id: str) -> duckdb.DuckDBPyConnection:
    path = home.warehouse_file(study_id)
    if not path.exists():
        raise UserError(f"{study_id} has no warehouse; `siteproof run {study_id}` builds it")
    try:
        return duckdb.connect(path, read_only=True)
    except duckdb.IOException as error:
        raise UserError(f"{path} cannot be read; is a run at work on it? ({error})") from error


def _require_present_state(home: Home, study: Study, run: RunInfo) -> None:
    """Refuse to put data and findings of different states into one extract."""
    now = run_inputs(home, study)
    changed = [name for name in sorted({*now, *run.inputs}) if now.get(name) != run.inputs.get(name)]
    if changed:
        told = " and ".join(_INPUT_NAMES.get(name, name) for name in changed)
        raise UserError(f"{told} changed since the last run; `siteproof run {study.study}` first")
