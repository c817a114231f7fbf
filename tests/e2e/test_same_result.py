"""The same inputs give the same result, whatever the machine's habits and the files' outward form."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from rooms import StudyRun, run_through_the_rooms

from pipelines.ingest.landing import landing_files, landing_sites, sources_of
from pipelines.settings import Home
from pipelines.study import load_study
from pipelines.study_source import Source
from pipelines.transfer import verify_extract, write_extract

pytestmark = pytest.mark.slow

STUDY = "SIM-002"
CUTOFF = date(2025, 12, 31)

# Run in a process of its own, since locale, time zone and hash seed belong to a process.
ANOTHER_PROCESS = """
import sys
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from rooms import run_through_the_rooms
from pipelines.settings import Home
from pipelines.study import load_study
from pipelines.transfer import write_extract
home = Home(Path(sys.argv[1]))
run_through_the_rooms(home, sys.argv[3], threads=8)
write_extract(home, load_study(home.study_file(sys.argv[3])), date.fromisoformat(sys.argv[4]))
"""


def _digests(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_another_thread_count_locale_time_zone_and_hash_seed_give_the_same_bytes(planted_runs, tmp_path):
    first = planted_runs[STUDY]
    study = load_study(first.home.study_file(STUDY))
    extract = write_extract(first.home, study, CUTOFF)
    second = Home(tmp_path / "elsewhere")
    for room in ("studies", "landing", "store"):
        shutil.copytree(getattr(first.home, room), getattr(second, room))
    environment = {
        **os.environ,
        "TZ": "Asia/Tokyo",
        "LC_ALL": "de_DE.UTF-8",
        "LANG": "de_DE.UTF-8",
        "PYTHONHASHSEED": "7",
    }
    tests = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", ANOTHER_PROCESS, str(second.root), tests, STUDY, CUTOFF.isoformat()]
    subprocess.run(command, check=True, env=environment)

    assert _digests(second.findings / STUDY) == _digests(first.home.findings / STUDY)
    assert _digests(second.reports / STUDY) == _digests(first.home.reports / STUDY)
    assert _digests(second.transfers / STUDY) == _digests(first.home.transfers / STUDY)
    assert verify_extract(extract) == []


def test_a_second_run_adds_nothing(planted_runs):
    run = planted_runs["SIM-001"]
    before = {room: _digests(getattr(run.home, room)) for room in ("store", "findings", "reports")}
    again = run_through_the_rooms(run.home, "SIM-001")
    assert again.run == run.run
    assert {room: _digests(getattr(run.home, room)) for room in before} == before


def _rewrite(data: bytes, source: Source, shuffled: random.Random) -> bytes:
    """Write a file's rows again: rows and columns in another order, everything quoted, other line ends."""
    rows = list(csv.reader(io.StringIO(data.decode(source.encoding), newline=""), delimiter=source.delimiter))
    header, body = rows[0], rows[1:]
    shuffled.shuffle(body)
    order = list(range(len(header)))
    shuffled.shuffle(order)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=source.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([[row[index] for index in order] for row in [header, *body]])
    return text.getvalue().encode(source.encoding)


def test_files_with_shuffled_rows_and_columns_and_other_quotes_give_the_same_findings(planted_runs, tmp_path):
    first = planted_runs[STUDY]
    study = load_study(first.home.study_file(STUDY))
    home = Home(tmp_path / "again")
    shutil.copytree(first.home.studies, home.studies)
    shuffled = random.Random(4)  # noqa: S311 - a shuffle that repeats, not a secret
    rewritten = 0
    delivered = [file for site in landing_sites(first.home, STUDY) for file in landing_files(first.home, STUDY, site)]
    for file in delivered:
        target = home.landing / STUDY / file.path.relative_to(first.home.landing / STUDY)
        target.parent.mkdir(parents=True, exist_ok=True)
        data = file.path.read_bytes()
        new = _rewrite(data, study.sources[sources_of(study, file)[0]], shuffled)
        rewritten += new != data
        target.write_bytes(new)
        # Which of two deliveries came first is the file's time.
        shutil.copystat(file.path, target)
    second = run_through_the_rooms(home, STUDY)

    assert rewritten > 0.9 * len(delivered)
    assert set(second.findings["finding_id"]) == set(first.findings["finding_id"])
    assert _without_place(second) == _without_place(first)


def _without_place(run: StudyRun) -> set[str]:
    # A group's finding (LB-03) and a cast's point at the first row in the file, wherever that is now.
    columns = ["finding_id", "site", "subject", "check_id", "severity", "dataset", "record"]
    return {json.dumps(row) for row in run.findings.select(pl.col(columns)).rows()}
