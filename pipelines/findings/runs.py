"""Where runs lie and how they are read: `findings/<STUDY>/<RUN>/`, and `CURRENT`, which names the newest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from pipelines.errors import UserError
from pipelines.settings import Home

VERDICT_COLUMNS = ["study", "site", "check_id", "status", "evaluated", "failed", "waived", "reason"]
FINDING_COLUMNS = [
    "finding_id", "study", "site", "subject", "check_id", "category", "severity", "dataset", "record", "message",
    "source_file", "source_row", "state", "first_seen", "last_seen",
]  # fmt: skip
# The folder of a run with what is said of sites and subjects beside the checks.
QUALITY = "quality"
# What is kept of a finding beside: the person of the staff that it is about, for those who look a person up.
KEPT_COLUMNS = [*FINDING_COLUMNS, "person"]


@dataclass(frozen=True)
class RunInfo:
    """One run of a study.

    `run_id` is a hash of all that the run depends on (`inputs`); `as_of` is when the newest delivery in the store was
    received (UTC); `previous_run` is the run that its findings were compared with.
    """

    study: str
    run_id: str
    as_of: str
    code_version: str
    inputs: dict[str, str]
    previous_run: str | None


def run_folder(home: Home, study_id: str, run_id: str) -> Path:
    """Return the folder of one run."""
    return home.findings / study_id / run_id


def current_run_id(home: Home, study_id: str) -> str | None:
    """Return the newest run of a study, or None before the first."""
    pointer = home.findings / study_id / "CURRENT"
    return pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None


def read_run(home: Home, study_id: str, run_id: str | None = None) -> RunInfo:
    """Return the newest run of a study, or the one named.

    Raises:
        UserError: there has been no run yet.
    """
    run_id = run_id or current_run_id(home, study_id)
    if run_id is None:
        raise UserError(f"{study_id} has not been run yet; `siteproof run {study_id}` does it")
    text = (run_folder(home, study_id, run_id) / "run.json").read_text(encoding="utf-8")
    return RunInfo(**json.loads(text))


def read_verdicts(home: Home, study_id: str) -> pl.DataFrame:
    """Return the newest run's verdicts: one row per check and site."""
    return _read(home, study_id, "verdicts")


def read_findings(home: Home, study_id: str) -> pl.DataFrame:
    """Return the newest run's open findings: one row each, columns as KEPT_COLUMNS."""
    return read_kept_findings(_newest(home, study_id), "findings")


def read_resolved(home: Home, study_id: str) -> pl.DataFrame:
    """Return the findings that the run before had and the newest one has not: one row each."""
    return read_kept_findings(_newest(home, study_id), "resolved")


def read_sites(home: Home, study_id: str) -> pl.DataFrame:
    """Return the newest run's sites: site, seen_in (where it is named: landing, study.yml, CTMS)."""
    return _read(home, study_id, "sites")


def read_site_readiness(home: Home, study_id: str) -> pl.DataFrame:
    """Return the newest run's records of documentation that are missing, have expired or soon will: one row each.

    Columns: study, site, dataset, record_kind, who, status (missing, expired, lapses_in_30, _60, _90), status_date,
    source_file, source_row.
    """
    return _read_quality(home, study_id, "site_readiness")


def read_subject_cleanliness(home: Home, study_id: str) -> pl.DataFrame:
    """Return whether each subject of the newest run is clean: one row a subject and site; see `cleanliness`."""
    return _read_quality(home, study_id, "subject_cleanliness")


def _read_quality(home: Home, study_id: str, name: str) -> pl.DataFrame:
    path = _newest(home, study_id) / QUALITY / f"{name}.parquet"
    if not path.exists():
        raise UserError(f"the last run of {study_id} does not say this yet; `siteproof run {study_id}` does")
    return pl.read_parquet(path)


def read_kept_findings(folder: Path, name: str) -> pl.DataFrame:
    """Return the findings of one file of a run, columns as KEPT_COLUMNS; older runs did not keep the person."""
    findings = pl.read_parquet(folder / f"{name}.parquet")
    if "person" not in findings.columns:
        findings = findings.with_columns(pl.lit(None, pl.String).alias("person"))
    return findings.select(KEPT_COLUMNS)


def _read(home: Home, study_id: str, name: str) -> pl.DataFrame:
    return pl.read_parquet(_newest(home, study_id) / f"{name}.parquet")


def _newest(home: Home, study_id: str) -> Path:
    return run_folder(home, study_id, read_run(home, study_id).run_id)


def to_json(run: RunInfo) -> str:
    """Return run.json's text."""
    return json.dumps(asdict(run), indent=2, sort_keys=True) + "\n"
