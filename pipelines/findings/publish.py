"""Publishes a validation as the study's newest run: whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import polars as pl

from pipelines.findings.cleanliness import judge_subjects
from pipelines.findings.identity import add_finding_ids
from pipelines.findings.runs import (
    KEPT_COLUMNS,
    QUALITY,
    VERDICT_COLUMNS,
    RunInfo,
    current_run_id,
    read_kept_findings,
    read_run,
    run_folder,
    to_json,
)
from pipelines.ingest import known_sites, read_deliveries
from pipelines.settings import DBT_PROJECT_DIR, EXPECTATIONS_DIR, PROJECT_ROOT, Home
from pipelines.standardize.participations import list_participations_elsewhere
from pipelines.study import Study
from pipelines.validate import Outcome

_UNFINISHED = ".unfinished"


def publish_run(home: Home, study: Study, outcome: Outcome) -> RunInfo:
    """Write the run's verdicts, findings and resolved findings, then name it CURRENT.

    The same inputs give the same run id and the same bytes; a run that is there already is not written again, and what
    it was compared with then is what is returned.
    """
    run = _describe(home, study)
    folder = run_folder(home, study.study, run.run_id)
    if not (folder / "run.json").exists():
        unfinished = folder.with_name(folder.name + _UNFINISHED)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _write_frames(home, study.study, run, outcome, unfinished)
        (unfinished / "run.json").write_text(to_json(run), encoding="utf-8")
        unfinished.rename(folder)
    pointer = home.findings / study.study / "CURRENT"
    temporary = pointer.with_name("CURRENT" + _UNFINISHED)
    temporary.write_text(run.run_id + "\n", encoding="utf-8")
    os.replace(temporary, pointer)  # noqa: PTH105 - the atomic swap is the point
    return read_run(home, study.study)


def run_inputs(home: Home, study: Study) -> dict[str, str]:
    """Return a digest of each thing that a run of the study depends on, as it is now.

    A run whose `inputs` are these says what is true of the present store, configuration and code.
    """
    # A file sent again changes nothing; a refused one may (X-08 speaks of an empty one).
    deliveries = read_deliveries(home, study.study).filter(pl.col("status") != "duplicate")
    events = deliveries.select("site", "system", "file", "sha256", "received_at", "reason").rows()
    return {
        "deliveries": _digest(map(str, events)),
        "sites": _digest(known_sites(home, study.study)),
        "study": _digest([home.study_file(study.study).read_text(encoding="utf-8")]),
        "participations": _digest(map(str, list_participations_elsewhere(home, study.study))),
        "suites": _digest(_texts(EXPECTATIONS_DIR, "*.yml")),
        # The package that knows the public holidays decides with us which days are working days.
        "code": _digest(
            [
                *_texts(PROJECT_ROOT / "pipelines", "*.py"),
                *_texts(DBT_PROJECT_DIR, "*.sql", "*.yml", "*.csv"),
                f"holidays {version('holidays')}",
            ]
        ),
    }


def _describe(home: Home, study: Study) -> RunInfo:
    inputs = run_inputs(home, study)
    run_id = _digest(f"{name}={value}" for name, value in sorted(inputs.items()))[:16]
    previous = current_run_id(home, study.study)
    if previous == run_id:
        previous = read_run(home, study.study).previous_run
    received = read_deliveries(home, study.study).filter(pl.col("status") != "duplicate")["received_at"].max()
    return RunInfo(study.study, run_id, str(received or ""), version("siteproof"), inputs, previous)


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\x00")
    return digest.hexdigest()


def _texts(directory: Path, *patterns: str) -> list[str]:
    files = sorted({path for pattern in patterns for path in directory.rglob(pattern) if "target" not in path.parts})
    return [f"{path.relative_to(directory).as_posix()}\n{path.read_text(encoding='utf-8')}" for path in files]


def _write_frames(home: Home, study_id: str, run: RunInfo, outcome: Outcome, folder: Path) -> None:
    verdicts = outcome.verdicts.with_columns(pl.lit(study_id).alias("study")).select(VERDICT_COLUMNS)
    findings = add_finding_ids(outcome.failing_rows, study_id).with_columns(pl.lit(study_id).alias("study"))
    before = _known_before(home, study_id, run.previous_run)
    current = compare_with_previous(findings, before, run.as_of)
    gone = before.join(findings, on="finding_id", how="anti")
    silent = verdicts.filter(pl.col("status").is_in(["error", "not_run"]))
    unjudged = gone.join(silent, on=["check_id", "site"], how="semi")
    resolved = gone.join(unjudged, on="finding_id", how="anti").with_columns(pl.lit("resolved").alias("state"))
    outcome.sites.sort("site").write_parquet(folder / "sites.parquet")
    verdicts.sort("check_id", "site").write_parquet(folder / "verdicts.parquet")
    current.sort("check_id", "site", "finding_id").write_parquet(folder / "findings.parquet")
    resolved.sort("check_id", "site", "finding_id").write_parquet(folder / "resolved.parquet")
    unjudged.sort("check_id", "site", "finding_id").write_parquet(folder / "unjudged.parquet")
    quality = folder / QUALITY
    quality.mkdir()
    judged = judge_subjects(study_id, outcome.quality.subjects, current, verdicts)
    judged.write_parquet(quality / "subject_cleanliness.parquet")
    outcome.quality.readiness.write_parquet(quality / "site_readiness.parquet")


def compare_with_previous(findings: pl.DataFrame, before: pl.DataFrame, as_of: str) -> pl.DataFrame:
    """Return the findings with state (new, persisting), first_seen and last_seen; columns as KEPT_COLUMNS."""
    known = before.select("finding_id", pl.col("first_seen").alias("seen_before"))
    return (
        findings.join(known, on="finding_id", how="left")
        .with_columns(
            pl.when(pl.col("seen_before").is_null()).then(pl.lit("new")).otherwise(pl.lit("persisting")).alias("state"),
            pl.coalesce("seen_before", pl.lit(as_of)).alias("first_seen"),
            pl.lit(as_of).alias("last_seen"),
        )
        .select(KEPT_COLUMNS)
    )


def _known_before(home: Home, study_id: str, run_id: str | None) -> pl.DataFrame:
    """Return the findings that were open after a run, with those that it could not judge: neither seen nor resolved."""
    if run_id is None:
        schema = {name: pl.Int64 if name == "source_row" else pl.String for name in KEPT_COLUMNS}
        return pl.DataFrame(schema=schema)
    folder = run_folder(home, study_id, run_id)
    return pl.concat([read_kept_findings(folder, name) for name in ("findings", "unjudged")])
