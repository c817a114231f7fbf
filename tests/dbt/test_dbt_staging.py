"""Staging, run on rows made by hand: what is cast and what stays raw, and what makes a record the same one tomorrow."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pytest
from built_study import BuiltStudy
from check_tables import open_with_functions

from pipelines.standardize.mapping import FORMAT_SUFFIX, raw_view_sql
from pipelines.study import Study
from pipelines.vocabulary import load_vocabulary

Stage = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture
def stage_ae(built: BuiltStudy) -> Stage:
    """Stages rows of AE: they are put into raw.ae, blank where nothing is said, numbered in their order."""
    no_study = Study.model_validate({"study": "S", "title": "t", "sponsor": "s", "sources": {}, "map": {}})
    empty = raw_view_sql(no_study, load_vocabulary()["AE"], {})
    query = built.compiled("stg_ae")

    def stage(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        with open_with_functions() as connection:
            connection.execute(f"CREATE SCHEMA raw; CREATE TABLE raw.ae AS {empty}")
            for number, row in enumerate(rows, start=1):
                given = {"study": "S", "site": "101", "source_file": "f.csv", "source_row": number, **row}
                names = ", ".join(f'"{name}"' for name in given)
                marks = ", ".join("?" for _ in given)
                connection.execute(f"INSERT INTO raw.ae({names}) VALUES ({marks})", list(given.values()))
            cursor = connection.execute(f"SELECT * FROM ({query}) ORDER BY source_file, source_row")
            columns = [column[0] for column in cursor.description]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    return stage


def ae(subject: str | None, **values: str) -> dict[str, Any]:
    return {"subject": subject, "USUBJID": subject and f"S-{subject}", **values}


def records(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["record"] for row in rows]


def test_a_record_is_named_by_the_first_key_that_is_filled(stage_ae: Stage) -> None:
    start = {"AESTDTC": "2024-01-05", "AESTDTC" + FORMAT_SUFFIX: "ISO8601"}
    rows = stage_ae(
        [
            ae("001", AESPID="7", AETERM="Headache", **start),
            ae("001", AETERM="Headache", **start),
            ae("001", AETERM="Nausea"),
            ae("001"),
            ae("002", AESPID="7"),
        ]
    )
    assert records(rows) == ["AESPID=7", "AETERM=Headache AESTDTC=2024-01-05", "AETERM=Nausea", "", "AESPID=7"]


def test_a_shared_key_is_told_apart_by_content_and_a_repeated_row_by_count(stage_ae: Stage) -> None:
    mild, severe = ae("001", AESPID="7", AESEV="MILD"), ae("001", AESPID="7", AESEV="SEVERE")
    first, second, third, other = records(stage_ae([mild, severe, mild, ae("001", AESPID="8")]))
    assert other == "AESPID=8"
    assert first.startswith("AESPID=7 #")
    assert second.startswith("AESPID=7 #")
    assert first != second
    assert third == f"{first}/2"


def test_an_unreadable_date_is_content_too(stage_ae: Stage) -> None:
    formats = {"AESTDTC" + FORMAT_SUFFIX: "ISO8601"}
    rows = stage_ae(
        [ae("001", AESPID="7", AESTDTC="soon", **formats), ae("001", AESPID="7", AESTDTC="later", **formats)]
    )
    assert [(row["AESTDTC"], row["AESTDTC_raw"]) for row in rows] == [(None, "soon"), (None, "later")]
    assert len(set(records(rows))) == 2


def test_the_order_of_the_file_does_not_matter(stage_ae: Stage) -> None:
    rows = [ae(f"00{n % 2}", AESPID=str(n % 3), AESEV=("MILD", "SEVERE")[n % 5 == 0], AETERM="x") for n in range(14)]
    dice = random.Random(1)  # noqa: S311 - the order of rows is no secret
    identity = sorted((row["USUBJID"], row["record"]) for row in stage_ae(rows))
    assert len(set(identity)) == len(rows)
    for _ in range(200):
        after = stage_ae(dice.sample(rows, len(rows)))
        assert sorted((row["USUBJID"], row["record"]) for row in after) == identity


def test_rows_of_other_subjects_sites_and_of_nobody_do_not_share_a_record(stage_ae: Stage) -> None:
    rows = stage_ae(
        [ae("001", AESPID="7"), ae("002", AESPID="7"), {**ae("001", AESPID="7"), "site": "102"}, ae(None, AESPID="7")]
    )
    assert records(rows) == ["AESPID=7"] * 4
    nobody = stage_ae(
        [ae(None, AESPID="7", AETERM="a"), ae(None, AESPID="7", AETERM="b"), ae(None, AESPID="7", AETERM="a")]
    )
    assert len(set(records(nobody))) == 3


def test_columns_with_each_others_text_are_other_content(stage_ae: Stage) -> None:
    rows = stage_ae([ae("001", AESPID="7", AETERM="x"), ae("001", AESPID="7", AEDECOD="x")])
    assert len({row["content_hash"] for row in rows}) == 2


NUMBERS = [
    ("1", 1.0), ("-1.50", -1.5), ("+.5", 0.5), ("007", 7.0), ("1.", 1.0),
    ("1,5", None), ("1e5", None), ("NaN", None), ("inf", None), ("<5", None), ("1 2", None), ("", None), ("٣", None),
    ("0x10", None), ("1_000", None), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "number"), NUMBERS)
def test_numbers_are_read_strictly(raw: str | None, number: float | None) -> None:
    with open_with_functions() as connection:
        assert connection.execute("SELECT to_number(?)", [raw]).fetchone() == (number,)


def test_the_built_study_has_a_record_for_every_row(built: BuiltStudy) -> None:
    with duckdb.connect(built.home.warehouse_file("SIM-001"), read_only=True) as connection:
        for dataset in load_vocabulary().values():
            counts = connection.execute(
                f"""SELECT (SELECT count(*) FROM raw.{dataset.table}), count(*),
                    count(DISTINCT (site, coalesce(subject, ''), record)) FROM marts.{dataset.table}"""
            ).fetchone()
            assert counts is not None
            assert counts[0] > 0, dataset.name
            assert counts[0] == counts[1] == counts[2], dataset.name


def test_content_is_what_is_filled_by_name_so_that_a_new_variable_changes_no_record(stage_ae: Stage) -> None:
    (row,) = stage_ae([ae("001", AESPID="7", AETERM="x")])
    with open_with_functions() as connection:
        expected = connection.execute("SELECT content_hash_of(concat_ws(chr(31), 'S-001', 'AESPID=7', 'AETERM=x'))")
        assert (row["content_hash"],) == expected.fetchone()
