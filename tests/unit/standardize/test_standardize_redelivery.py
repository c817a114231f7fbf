"""A site's file beside the one before it: repeated or of no later day, and the records that it lost."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import duckdb
import pytest

from pipelines.ingest import ingest_study
from pipelines.settings import Home
from pipelines.standardize.raw_views import lay_raw_views
from pipelines.study import load_study

STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  AE:
    path: edc/AE*.csv
    subject: subj
    dates: {asof: [YYYY-MM-DD], start: [YYYY-MM-DD]}
    extract_date: asof
map:
  AE:
    - {from: AE, variables: {AESPID: id, AETERM: term, AESTDTC: start}}
"""
HEADER = "subj,id,term,start,asof\n"
FIRST = f"{HEADER}1,10,Rash,2024-01-01,2024-02-01\n1,11,Cough,2024-01-02,2024-02-01\n2,,Cough,2024-01-02,2024-02-01\n"


@pytest.fixture
def deliver(home: Home) -> Any:
    """Take files of site 101 in, one a month from March 2024, as (name, content); return a query over what is laid."""

    def take(*files: tuple[str, str], site: str = "101", contract: str = "") -> Any:
        months = count(3)
        path = home.study_file("ST-1")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STUDY.replace("    extract_date", f"{contract}    extract_date"), encoding="utf-8")
        study = load_study(path)
        for name, content in files:
            file = home.landing / "ST-1" / site / "edc" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
            ingest_study(home, study, [site], now=lambda: datetime(2024, next(months), 1, tzinfo=UTC))
        lay_raw_views(home, study, {})

        def query(table: str) -> list[tuple[Any, ...]]:
            left_out = "source_name, late_file, late_on" if table == "redelivery" else "source_name"
            with duckdb.connect(home.warehouse_file("ST-1"), read_only=True) as connection:
                return connection.execute(
                    f"SELECT * EXCLUDE ({left_out}) FROM settings.{table} ORDER BY ALL"
                ).fetchall()

        return query

    return take


def test_a_first_delivery_is_beside_nothing(deliver: Any) -> None:
    query = deliver(("AE.csv", FIRST))
    assert query("redelivery") == query("vanished") == []


def test_records_are_looked_for_by_subject_and_stable_key(deliver: Any) -> None:
    """A changed value and another order lose nothing; the same key of another subject is another record."""
    second = f"{HEADER}2,10,Rash,2024-01-01,2024-02-08\n1,11,Bad cough,2024-01-03,2024-02-08\n2,,Cough,2024-01-02,\n"
    query = deliver(("AE.csv", FIRST), ("AE.csv", second))
    assert query("vanished") == [("101", "AE", "ST-1/101/edc/AE.csv", 2, 1, "1 AESPID=10")]
    assert query("redelivery") == [("101", "ST-1/101/edc/AE.csv", None, "2024-02-08", "2024-02-01")]


def test_only_the_delivery_just_before_counts(deliver: Any) -> None:
    second = FIRST.replace("1,10,Rash,2024-01-01,2024-02-01\n", "")
    third = second.replace("2024-02-01", "2024-02-08")
    query = deliver(("AE.csv", FIRST), ("AE.csv", second), ("AE_2.csv", third))
    assert query("vanished") == [("101", "AE", "ST-1/101/edc/AE_2.csv", 1, 0, None)]


def test_a_record_without_a_stable_key_is_not_looked_for(deliver: Any) -> None:
    """Its other key holds the start date: corrected, it would read as one record gone and another come."""
    first = f"{HEADER}1,,Rash,2024-01-01,\n1,,Cough,2024-01-02,\n"
    query = deliver(("AE.csv", first), ("AE.csv", first.replace("2024-01-01", "2024-01-03")))
    assert query("vanished") == []


@pytest.mark.parametrize(("before", "now"), [(FIRST, "one file"), ("one file", FIRST)])
def test_a_column_of_identifiers_in_one_of_the_files_alone_tells_nothing(deliver: Any, before: str, now: str) -> None:
    without = "subj,term,start,asof\n1,Rash,2024-01-01,2024-02-01\n"
    before, now = (without if text == "one file" else text for text in (before, now))
    assert deliver(("AE.csv", before), ("AE.csv", now))("vanished") == []


def test_all_records_can_vanish(deliver: Any) -> None:
    query = deliver(("AE.csv", FIRST), ("AE.csv", f"{HEADER}1,,Rash,2024-01-01,\n"))
    assert query("vanished") == [("101", "AE", "ST-1/101/edc/AE.csv", 2, 2, "1 AESPID=10; 1 AESPID=11")]


def test_five_of_many_are_named(deliver: Any) -> None:
    many = HEADER + "".join(f"1,{number},Rash,2024-01-01,2024-02-01\n" for number in range(10, 20))
    ((*_, records, vanished, named),) = deliver(("AE.csv", many), ("AE.csv", f"{HEADER}1,10,Rash,,\n"))("vanished")
    assert (records, vanished) == (10, 9)
    assert named == "; ".join(f"1 AESPID={number}" for number in range(11, 16))


def test_the_same_bytes_under_another_name_are_a_repeat(deliver: Any) -> None:
    query = deliver(("AE.csv", FIRST), ("AE_2.csv", FIRST))
    assert query("redelivery") == [("101", "ST-1/101/edc/AE.csv", "2024-04-01", None, None)]
    assert query("vanished") == []


def test_of_several_repeats_the_last_one_counts(deliver: Any) -> None:
    query = deliver(("AE.csv", FIRST), ("AE_2.csv", FIRST), ("AE_3.csv", FIRST))
    assert query("redelivery") == [("101", "ST-1/101/edc/AE.csv", "2024-05-01", None, None)]


def test_a_new_file_after_a_repeat_is_none(deliver: Any) -> None:
    query = deliver(("AE.csv", FIRST), ("AE_2.csv", FIRST), ("AE_3.csv", FIRST.replace("2024-02-01", "2024-02-02")))
    assert query("redelivery") == [("101", "ST-1/101/edc/AE_3.csv", None, "2024-02-02", "2024-02-01")]


def test_a_file_that_came_out_of_order_is_told_beside_the_current_one(deliver: Any, home: Home) -> None:
    """F24: X-07 gets both days, and the name of the file that did not overwrite."""
    late = FIRST.replace("2024-02-01", "2024-01-25").replace("Rash", "Hives")
    query = deliver(("AE.csv", FIRST), ("AE_1.csv", late))
    assert query("redelivery") == [("101", "ST-1/101/edc/AE.csv", None, "2024-01-25", "2024-02-01")]
    with duckdb.connect(home.warehouse_file("ST-1"), read_only=True) as connection:
        told = connection.execute("SELECT late_file, late_on FROM settings.redelivery").fetchall()
    assert told == [("ST-1/101/edc/AE_1.csv", "2024-04-01")]
    assert query("vanished") == []


ONE_GONE = FIRST.replace("1,10,Rash,2024-01-01,2024-02-01\n", "").replace("2024-02-01", "2024-02-02")


def test_a_file_that_is_held_for_its_rows_stands_beside_the_current_one(deliver: Any) -> None:
    """F19: X-08 sees the rows of the held file, and the days of the data in use; X-02 names what would vanish."""
    query = deliver(("AE.csv", FIRST), ("AE_2.csv", ONE_GONE), contract='    delivery: {max_row_drop: "0.1"}\n')
    (row,) = query("delivery")
    held = "row_drop: AE has 2 rows, the current one 3: 33.33 % fewer, 10 % are agreed"
    assert row == ("101", "AE", "ST-1/101/edc/AE_2.csv", 2, 3, "2024-03-01", "2024-02-01", held)
    assert query("vanished") == [("101", "AE", "ST-1/101/edc/AE_2.csv", 2, 1, "1 AESPID=10")]


def test_what_a_held_file_lacks_is_told_by_its_contract_s_key_where_the_dataset_has_none(deliver: Any) -> None:
    """F25: without a stable key in the data, X-02 counts the keys of the contract."""
    first = f"{HEADER}1,,Rash,2024-01-01,\n1,,Cough,2024-01-02,\n"
    second = f"{HEADER}1,,Rash,2024-01-01,\n2,,Ache,2024-01-02,\n"
    contract = '    delivery: {max_vanished: "0.1", key: [subj, term]}\n'
    query = deliver(("AE.csv", first), ("AE_2.csv", second), contract=contract)
    assert query("vanished") == [("101", "AE", "ST-1/101/edc/AE_2.csv", 2, 1, "subj=1 term=Cough")]
    ((*_, held_for),) = query("delivery")
    assert held_for is None


@pytest.mark.parametrize("changed", ["", "    delivery: {key: [other]}\n"])
def test_a_contract_that_changed_since_a_file_was_held_stops_no_run(deliver: Any, changed: str) -> None:
    """It is judged again at the next intake, or stays held as it was where it lies in landing no more."""
    contract = '    delivery: {max_vanished: "0.1", key: [subj, term]}\n'
    gone = f"{HEADER}2,,Ache,2024-01-02,\n"
    assert deliver(("AE.csv", f"{HEADER}1,,Rash,2024-01-01,\n"), ("AE_2.csv", gone), contract=contract)("vanished")
    assert deliver(contract=changed)("vanished") == []


def test_sites_do_not_meet(deliver: Any) -> None:
    deliver(("AE.csv", FIRST), site="102")
    query = deliver(("AE.csv", FIRST), ("AE.csv", FIRST.replace("1,10,", "1,12,")))
    assert query("vanished") == [("101", "AE", "ST-1/101/edc/AE.csv", 2, 1, "1 AESPID=10")]
