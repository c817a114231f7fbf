"""Studies tell each other by keys alone that a person takes part elsewhere: no subject, site or study is named."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from pipelines.ingest import ingest_study
from pipelines.settings import Home
from pipelines.standardize import lay_raw_views
from pipelines.standardize.participations import list_participations_elsewhere
from pipelines.study import load_study

STUDY = """\
study: {study}
title: t
sponsor: s
sources:
  DM:
    path: edc/DM.csv
    subject: subj
    dates: {{consent: [DD.MM.YYYY], left: [YYYY-MM-DD, YYYY-MM]}}
  VISITS: {{path: edc/VISITS.csv, subject: subj, dates: {{visit: [DD.MM.YYYY]}}}}
  DOSES: {{path: edc/DOSES.csv, subject: subj, dates: {{dose: [YYYYMMDD]}}}}
map:
  DM: [{{from: DM, variables: {{identity_key: key, RFICDTC: consent, RFPENDTC: left}}}}]
  SV: [{{from: VISITS, variables: {{SVSTDTC: visit}}}}]
  EX: [{{from: DOSES, variables: {{EXSTDTC: dose, EXOCCUR: given}}}}]
"""


def lay(home: Home, study_id: str, *rows: str, with_keys: bool = True) -> None:
    path = home.study_file(study_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = STUDY.format(study=study_id)
    path.write_text(text if with_keys else text.replace("identity_key: key, ", ""), encoding="utf-8")
    file = home.landing / study_id / "101" / "edc" / "DM.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["subj,key,consent,left", *rows]) + "\n", encoding="utf-8")
    study = load_study(path)
    ingest_study(home, study)
    lay_raw_views(home, study, {})


def deliver(home: Home, study_id: str, name: str, *lines: str) -> None:
    file = home.landing / study_id / "101" / "edc" / f"{name}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def told(home: Home, study_id: str) -> list[tuple[str, ...]]:
    with duckdb.connect(home.warehouse_file(study_id), read_only=True) as connection:
        return connection.execute("SELECT * FROM settings.other_participation ORDER BY ALL").fetchall()


def test_a_study_learns_of_its_own_people_only(home: Home) -> None:
    lay(home, "A", "1,k1,05.01.2024,2024-03", "2,k2,,", "3,,05.01.2024,")
    assert told(home, "A") == []
    lay(home, "B", "7,k1,01.02.2024,", "8,k9,01.02.2024,")
    assert told(home, "B") == [("k1", "2024-01-05", "2024-03")]
    assert list_participations_elsewhere(home, "A") == [("k1", "2024-02-01", None)]
    lay(home, "A", "1,k1,05.01.2024,2024-03")
    assert told(home, "A") == [("k1", "2024-02-01", None)]


def test_without_an_end_the_last_visit_or_dose_is_the_last_known_day(home: Home) -> None:
    deliver(home, "A", "VISITS", "subj,visit", "1,05.01.2024", "1,07.02.2024", "2,05.01.2024", "3,05.01.2024")
    deliver(home, "A", "DOSES", "subj,dose,given", "1,20240131,Y", "2,20240201,Y", "2,20240202,N")
    lay(home, "A", "1,k1,05.01.2024,", "2,k2,05.01.2024,", "3,k3,05.01.2024,2024-01-04", "4,k4,05.01.2024,")
    lay(home, "B", *(f"{number},k{number},," for number in range(1, 5)))
    assert told(home, "B") == [
        ("k1", "2024-01-05", "2024-02-07"),
        ("k2", "2024-01-05", "2024-02-01"),
        ("k3", "2024-01-05", "2024-01-04"),
        ("k4", "2024-01-05", None),
    ]


def test_a_key_is_the_same_in_capitals(home: Home) -> None:
    lay(home, "A", "1,K1,05.01.2024,2024-03")
    lay(home, "B", "7,k1,01.02.2024,")
    assert told(home, "B") == [("k1", "2024-01-05", "2024-03")]


def test_what_is_published_names_nobody(home: Home) -> None:
    lay(home, "A", "subject-7,k1,05.01.2024,")
    (file,) = (home.root / "participations").iterdir()
    assert pl.read_parquet(file).columns == ["identity_key", "first_date", "last_date"]
    assert b"subject-7" not in file.read_bytes()


@pytest.mark.parametrize("rows", [("1,,05.01.2024,",), ()])
def test_a_study_that_gives_no_keys_any_more_takes_its_own_back(home: Home, rows: tuple[str, ...]) -> None:
    lay(home, "A", "1,k1,05.01.2024,")
    lay(home, "B", "7,k1,01.02.2024,")
    lay(home, "A", *rows, with_keys=bool(rows))
    assert list_participations_elsewhere(home, "A") == []
    assert list_participations_elsewhere(home, "B") == []
    assert [path.name for path in (home.root / "participations").iterdir()] == ["B.parquet"]
