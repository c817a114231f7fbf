"""Incremental sources: what came before, rows of the same key replaced, new ones added, removed ones gone (F25)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_desk import STUDY, Desk, study_of

from pipelines.ingest import current_deliveries, read_deliveries
from pipelines.ingest.increments import lay_increments
from pipelines.ingest.readers import READERS, Reading, Table
from pipelines.settings import Home

INCREMENTAL: dict[str, Any] = {"content": "incremental", "key": ["id"]}
DATED: dict[str, Any] = {"extract_date": "day", "dates": {"day": ["YYYY-MM-DD"]}}


@pytest.fixture
def desk(desk_for: Callable[..., Desk]) -> Desk:
    return desk_for(delivery=INCREMENTAL)


def of(*rows: str, columns: str = "id,term") -> str:
    return "\n".join([columns, *rows]) + "\n"


def terms(desk: Desk) -> dict[str, str]:
    return dict(desk.current().select("id", "term").iter_rows())


def lineage(desk: Desk) -> dict[str, tuple[str, int]]:
    named = desk.current().select("id", "__source_file", "__source_row").iter_rows()
    return {key: (file.removeprefix("ST-1/101/edc/"), row) for key, file, row in named}


def test_rows_are_replaced_and_added_and_keep_the_file_they_came_in(desk: Desk) -> None:
    desk.take("edc/AE_1.csv", of("1,Cough", "2,Fever", "3,Pain"))
    event = desk.take("edc/AE_2.csv", of("4,Rash", "2,High fever"))
    assert (event.status, event.rows) == ("accepted", 4)
    assert terms(desk) == {"1": "Cough", "2": "High fever", "3": "Pain", "4": "Rash"}
    assert lineage(desk) == {"1": ("AE_1.csv", 1), "2": ("AE_2.csv", 2), "3": ("AE_1.csv", 3), "4": ("AE_2.csv", 1)}
    assert [d.previous_rows for d in current_deliveries(desk.home, STUDY)] == [3]


def test_a_key_is_compared_as_text_is_and_in_any_case_of_its_header(desk: Desk) -> None:
    desk.take("edc/AE.csv", of("1,Cough"))
    desk.take("edc/AE.csv", of(" １\u00a0,Fever", columns="ID,Term"))
    assert desk.current()["term"].to_list() == ["Fever"]


def test_a_column_stays_one_of_other_forms_when_a_later_file_is_odd_in_another_way(desk: Desk) -> None:
    """F35: the full-width subject of the first file is compared in normal form whatever comes after it."""
    desk.take("edc/AE_1.csv", of("1,Ｃough"))
    desk.take("edc/AE_2.csv", of("2,Fe\x01ver"))
    (current,) = current_deliveries(desk.home, STUDY)
    assert {(odd.column, odd.oddity) for odd in current.odd_text} == {("term", "form"), ("term", "control")}


def test_columns_that_come_or_stay_away_are_blank_elsewhere(desk: Desk) -> None:
    desk.take("edc/AE_1.csv", of("1,Cough,mild", columns="id,term,grade"))
    desk.take("edc/AE_2.csv", of("2,Fever,yes", columns="id,term,serious"))
    assert desk.current().select("id", "term", "grade", "serious").rows() == [
        ("1", "Cough", "mild", ""),
        ("2", "Fever", "", "yes"),
    ]
    (current,) = current_deliveries(desk.home, STUDY)
    assert current.columns == ("id", "term", "grade", "serious")


def test_files_of_one_name_are_told_apart_by_their_hash(desk: Desk) -> None:
    first = desk.take("edc/AE.csv", of("1,Cough", "2,Fever"))
    desk.take("edc/AE.csv", of("2,High fever"))
    assert lineage(desk) == {"1": (f"AE.csv#{first.sha256[:8]}", 1), "2": ("AE.csv", 1)}


@pytest.mark.parametrize("name", ["AE_1.csv", "AE_2.csv", "AE_9.csv"])
def test_an_increment_that_is_there_already_is_a_duplicate(desk: Desk, name: str) -> None:
    """F21: sent again under any name, an older increment undoes nothing."""
    desk.take("edc/AE_1.csv", of("1,Cough"))
    desk.take("edc/AE_2.csv", of("1,Fever"))
    desk.put(f"edc/{name}", of("1,Cough"))
    assert [event.status for event in desk.ingest()] in (["duplicate"], [])
    assert terms(desk) == {"1": "Fever"}


def test_a_row_without_a_key_refuses_the_file(desk: Desk) -> None:
    event = desk.take("edc/AE.csv", of("1,Cough", " ,Fever"))
    assert event.reason == "blank_key: row 2 has nothing in the columns of the key: id"


def test_a_file_without_the_key_s_column_is_refused(desk: Desk) -> None:
    assert desk.take("edc/AE.csv", of("Cough", columns="term")).reason == "missing_column: the file has no column id"


def test_a_broken_increment_leaves_the_rows_as_they_are(desk: Desk) -> None:
    desk.take("edc/AE_1.csv", of("1,Cough"))
    desk.take("edc/AE_2.csv", of("2"))
    desk.take("edc/AE_3.csv", of("3,Rash"))
    assert terms(desk) == {"1": "Cough", "3": "Rash"}


def test_increments_out_of_order_are_laid_in_their_order(desk_for: Callable[..., Desk]) -> None:
    """F24: the increment of 2 May comes last; what that of 3 May says of the same key stays, nothing of it is lost."""
    desk = desk_for(delivery=INCREMENTAL, **DATED)
    columns = "id,term,day"
    desk.take("edc/AE_1.csv", of("1,Cough,2024-05-01", columns=columns))
    desk.take("edc/AE_3.csv", of("1,Fever,2024-05-03", columns=columns))
    event = desk.take("edc/AE_2.csv", of("1,Rash,2024-05-02", "2,Pain,2024-05-02", columns=columns))
    assert (event.status, event.rows) == ("accepted", 2)
    assert terms(desk) == {"1": "Fever", "2": "Pain"}
    desk.take("edc/AE_4.csv", of("2,Ache,2024-05-04", columns=columns))
    assert terms(desk) == {"1": "Fever", "2": "Ache"}


def test_a_mended_configuration_builds_the_same_rows_from_the_store(desk: Desk, desk_for: Callable[..., Desk]) -> None:
    """The older files are gone from landing; their originals are read again."""
    desk.take("edc/AE.csv", of("1,Cough", "2,Fever"))
    desk.take("edc/AE.csv", of("2,High fever", "3,Pain"))
    desk.take("edc/AE.csv", of("3,Rash"))
    before = desk.current()
    mended = desk_for(delivery=INCREMENTAL, missing=["NA"], aliases={"term": "aeterm"}).study
    (event,) = desk.ingest(mended)
    assert event.rows == 3
    assert desk.current().rename({"aeterm": "term"}).equals(before)
    assert desk.ingest(mended) == []
    desk.study = mended
    desk.take("edc/AE.csv", of("4,Ache"))
    assert desk.current()["id"].to_list() == ["1", "2", "3", "4"]


def test_a_mended_configuration_under_which_an_older_file_fails_says_which(
    desk: Desk, desk_for: Callable[..., Desk]
) -> None:
    desk.take("edc/AE_1.csv", of("1,Cough"))
    desk.take("edc/AE_2.csv", of("2,Fever,mild", columns="id,term,grade"))
    (event,) = desk.ingest(desk_for(delivery=INCREMENTAL, columns={"required": ["grade"]}).study)
    assert event.reason.startswith("missing_column: edc/AE_1.csv, which it builds upon, can no longer be read: ")
    assert terms(desk) == {"1": "Cough", "2": "Fever"}


def test_the_table_counts_the_rows_of_all(desk: Desk) -> None:
    desk.take("edc/AE_1.csv", of("1,Cough"))
    desk.take("edc/AE_2.csv", of("2,Fever"))
    table = read_deliveries(desk.home, STUDY).sort("sequence")
    assert table.select("status", "rows").rows() == [("superseded", 1), ("accepted", 2)]


class TransactionReader:
    """Reads JSON rows in which null is what a transaction does not mention."""

    version = "transactions-1"

    def read(self, data: bytes, _: object) -> Reading:
        rows = json.loads(data)
        header = tuple(dict.fromkeys(name for row in rows for name in row))
        columns = [pa.array([row.get(name) for row in rows], pa.string()) for name in header]
        rows_as_read = pa.table(columns, names=[f"f{i}" for i in range(len(header))])
        return Reading((Table("", header, rows_as_read, keys=frozenset({"TransactionType", "id"})),))


@pytest.fixture
def transactions(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Desk]:
    monkeypatch.setitem(READERS, "odm", TransactionReader())

    def build(**delivery: Any) -> Desk:
        return Desk(home, study_of(AE={"path": "edc/*", "format": "odm", "delivery": delivery}))

    return build


def said(kind: str, key: str | None, term: str | None = None, grade: str | None = None) -> dict[str, str | None]:
    return {"TransactionType": kind, "id": key, "term": term, "grade": grade}


def test_transactions_remove_update_and_leave_what_they_do_not_mention(transactions: Callable[..., Desk]) -> None:
    desk = transactions(**INCREMENTAL)
    first = [said("Insert", key, "Cough", "mild") for key in "1234"]
    second = [
        said("Remove", "1"),
        said("Update", "2", "Fever"),  # grade is not mentioned
        said("Update", "3", grade=""),  # grade is blanked
        said("Context", "4", "Rash"),
        said("Insert", "5", "Pain"),
        said("Update", "5", grade="severe"),  # one transaction after the other
        said("Upsert", "6", "Ache"),
        said("Insert", "7", "Error"),
        said("Remove", "7"),
    ]
    desk.take("edc/a.xml", json.dumps(first))
    desk.take("edc/b.xml", json.dumps(second))
    assert sorted(desk.current().select("id", "term", "grade").iter_rows()) == [
        ("2", "Fever", "mild"), ("3", "Cough", ""), ("4", "Cough", "mild"), ("5", "Pain", "severe"), ("6", "Ache", ""),
    ]  # fmt: skip


def test_in_a_cumulative_source_what_is_not_mentioned_is_blank_and_what_is_removed_gone(
    transactions: Callable[..., Desk],
) -> None:
    desk = transactions()
    event = desk.take("edc/a.xml", json.dumps([said("Remove", "0"), said("Insert", "1", "Cough")]))
    assert event.rows == 1
    assert desk.current().select("__source_row", "term", "grade").rows() == [(2, "Cough", "")]


def test_a_column_of_that_name_in_a_table_without_transactions_is_data(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for()
    assert desk.take("edc/AE.csv", of("1,Remove", columns="id,TransactionType")).rows == 1


Rows = list[tuple[str, str]]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.tuples(st.sampled_from("abcde"), st.text("xyz", max_size=2)), max_size=6), min_size=1))
def test_any_increments_give_what_a_dictionary_gives(increments: Sequence[Rows]) -> None:
    tables, expected = [], dict[str, list[str]]()
    for number, rows in enumerate(increments):
        named = {"__source_file": [f"f{number}"] * len(rows), "__source_row": list(range(1, len(rows) + 1))}
        columns = {"__site": ["1"] * len(rows), "id": [key for key, _ in rows], "v": [value for _, value in rows]}
        tables.append(
            pl.DataFrame(
                {**named, **columns},
                schema_overrides=dict.fromkeys(("__source_file", "__site", "id", "v"), pl.String)
                | {"__source_row": pl.Int64},
            ).to_arrow()
        )
        for key in {key for key, _ in rows}:
            expected[key] = [value for own, value in rows if own == key]
    laid = lay_increments(tables, ["id"]).to_pylist()
    found: dict[str, list[str]] = {}
    for row in laid:
        found.setdefault(row["id"], []).append(row["v"])
    assert found == expected


Transaction = tuple[str, str, str | None]
KINDS = ("Insert", "Update", "Upsert", "Remove", "Context", "")


def table_of(number: int, rows: Sequence[Transaction]) -> pa.Table:
    return pa.table(
        {
            "__source_file": pa.array([f"f{number}"] * len(rows), pa.string()),
            "__source_row": pa.array(range(1, len(rows) + 1), pa.int64()),
            "__site": pa.array(["1"] * len(rows), pa.string()),
            "TransactionType": pa.array([kind for kind, _, _ in rows], pa.string()),
            "id": pa.array([key for _, key, _ in rows], pa.string()),
            "v": pa.array([value for *_, value in rows], pa.string()),
        }
    )


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(KINDS), st.sampled_from("abcd"), st.none() | st.text("xy", max_size=1)),
            max_size=6,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_transactions_give_what_playing_them_one_by_one_gives(files: list[list[Transaction]]) -> None:
    """Also where each file is laid upon what those before it gave."""
    state: dict[str, str | None] = {}
    for kind, key, value in (transaction for rows in files for transaction in rows):
        if kind == "Remove":
            state.pop(key, None)
        elif kind != "Context":
            state[key] = value if kind == "Insert" or value is not None else state.get(key)
    expected = {key: value or "" for key, value in state.items()}
    tables = [table_of(number, rows) for number, rows in enumerate(files)]
    at_once = lay_increments(tables, ["id"])
    laid: pa.Table | None = None
    for table in tables:
        laid = lay_increments([table], ["id"], laid)
    for found in (at_once, laid):
        assert sorted((row["id"], row["v"]) for row in found.to_pylist()) == sorted(expected.items())
