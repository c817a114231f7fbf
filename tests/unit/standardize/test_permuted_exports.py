"""The same data in other clothes (order of rows and columns, line ends, quoting, header case) are the same (F22)."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from pipelines.ingest import current_deliveries, ingest_study
from pipelines.settings import Home
from pipelines.standardize.change_list import list_changes
from pipelines.standardize.mapping import raw_view_sql
from pipelines.standardize.source_files import source_files
from pipelines.study import Study, load_study
from pipelines.vocabulary import load_vocabulary

STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  AE:
    path: edc/AE*.csv
    subject: subj
    site: site
    missing: [NA]
    extract_date: made
    dates: {start: [DD.MM.YYYY], made: [YYYY-MM-DD]}
    columns: {required: [subj, site, id], optional: [term, start, serious, made]}
  VS: {path: edc/VS.csv, subject: subj, dates: {day: [YYYY-MM-DD]}}
map:
  AE: [{from: AE, variables: {AESPID: id, AETERM: term, AESTDTC: start, AESER: {item: serious, values: {"Yes": Y}}}}]
  VS:
    - from: VS
      variables: {VISIT: visit, VSDTC: day}
      measurements:
        - {testcd: SYSBP, test: Systolic, result: sys}
        - {testcd: PULSE, test: Pulse, result: pulse}
"""
Rows = list[list[str]]

AE: Rows = [["subj", "site", "id", "term", "start", "serious", "made"]] + [
    [
        str(n % 5),
        "101",
        str(n),
        f'Te"rm, {n}\nsecond line' if n % 3 else "NA",
        f"{n + 1:02}.02.2024",
        "Yes",
        "2024-05-01",
    ]
    for n in range(20)
]
# Two rows are wholly the same: which of them is which must not matter.
VS: Rows = [["subj", "visit", "day", "sys", "pulse"]] + [
    [str(n % 4), f"V{n % 3}", f"2024-01-{n + 1:02}", str(100 + n), "" if n % 2 else "60"] for n in [*range(15), 14]
]


def dressed(rows: Rows, chance: random.Random) -> str:
    """Write a table in another order of rows and columns, with other line ends and quotes."""
    header, *body = rows
    order = chance.sample(range(len(header)), len(header))
    chance.shuffle(body)
    text = io.StringIO(newline="")
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    writer = csv.writer(text, quoting=quoting, lineterminator=chance.choice(["\n", "\r\n"]))
    shown = [chance.choice([str.upper, str.title, str])(name) for name in header]
    writer.writerows([[row[place] for place in order] for row in [shown, *body]])
    written = chance.choice(["", "\ufeff"]) + text.getvalue()
    return written if chance.random() < 0.5 else written.rstrip("\r\n")


def put(home: Home, name: str, content: str) -> None:
    path = home.landing / "ST-1" / "101" / "edc" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")


def records(home: Home, study: Study) -> Counter[tuple[object, ...]]:
    """Return all records that the mapping gives, without the place that they stood in."""
    files = source_files(study, current_deliveries(home, study.study))
    found: Counter[tuple[object, ...]] = Counter()
    with duckdb.connect() as connection:
        for name in ("AE", "VS"):
            view = raw_view_sql(study, load_vocabulary()[name], files)
            columns = "* EXCLUDE (source_file, source_row)"
            found.update((name, *row) for row in connection.execute(f"SELECT {columns} FROM ({view})").fetchall())
    return found


def check_permutations(home: Home, number: int) -> None:
    path = home.study_file("ST-1")
    path.parent.mkdir(parents=True)
    path.write_text(STUDY, encoding="utf-8")
    study = load_study(path)
    chance = random.Random(22)  # noqa: S311 - a seed, so that a failure can be seen again
    plain = random.Random(0)  # noqa: S311
    for name, rows in (("AE.csv", AE), ("VS.csv", VS)):
        put(home, name, dressed(rows, plain))
    ingest_study(home, study)
    expected = records(home, study)
    assert sum(expected.values()) == 20 + 16 + 9
    different = 0
    for _ in range(number):
        for name, rows in (("AE.csv", AE), ("VS.csv", VS)):
            put(home, name, dressed(rows, chance))
        events = ingest_study(home, study)
        assert {event.status for event in events} <= {"accepted", "duplicate"}
        different += len(events)
        assert records(home, study) == expected
        assert list_changes(home, study).is_empty()
    assert different > number  # nearly all files had other bytes


def test_an_export_in_other_clothes_is_the_same(tmp_path: Path) -> None:
    check_permutations(Home(tmp_path / "home"), 8)


@pytest.mark.scale
def test_two_hundred_exports_in_other_clothes_are_the_same(tmp_path: Path) -> None:
    """F22: 200 permutations of both files, 0 records and 0 changes that differ."""
    check_permutations(Home(tmp_path / "home"), 200)
