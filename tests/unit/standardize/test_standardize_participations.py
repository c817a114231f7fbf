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
map:
  DM: [{{from: DM, variables: {{identity_key: key, RFICDTC: consent, RFPENDTC: left}}}}]
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
