"""Incremental sources: what came before, rows of the same key replaced, new ones added, removed ones gone (F25)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_desk import STUDY, Desk

from pipelines.ingest import current_deliveries, read_deliveries
from pipelines.ingest.examination import OddText
from pipelines.ingest.increments import lay_increments
from pipelines.ingest.readers import READERS, Reading, Remark

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


def test_a_file_without_rows_takes_the_name_of_the_one_before_all_the_same(
    desk: Desk, desk_for: Callable[..., Desk]
) -> None:
    first = desk.take("edc/AE.csv", of("1,Cough", "2,Fever"))
    desk.take("edc/AE.csv", of())
    overtaken = f"AE.csv#{first.sha256[:8]}"
    assert lineage(desk) == {"1": (overtaken, 1), "2": (overtaken, 2)}
    desk.take("edc/AE.csv", of("2,High fever"))
    assert lineage(desk) == {"1": (overtaken, 1), "2": ("AE.csv", 1)}
    desk.ingest(desk_for(delivery=INCREMENTAL, missing=["NA"]).study)
    assert lineage(desk) == {"1": (overtaken, 1), "2": ("AE.csv", 1)}


def told(desk: Desk) -> list[tuple[str, int | None, str]]:
    (current,) = current_deliveries(desk.home, STUDY)
    named = [(one.source_file or current.source_file, one.row, one.code) for one in current.remarks]
    return [(file.removeprefix("ST-1/101/edc/"), row, code) for file, row, code in named]


def test_rows_that_share_a_key_are_told_until_another_file_replaces_them(
    desk: Desk, desk_for: Callable[..., Desk]
) -> None:
    """F26: an increment about something else settles nothing."""
    first = desk.take("edc/AE.csv", of("1,Cough", "2,Fever", "2,Pain"))
    both = [("AE.csv", 2, "repeated_key"), ("AE.csv", 3, "repeated_key")]
    assert told(desk) == both
    desk.take("edc/AE_2.csv", of("3,Rash"))
    assert told(desk) == both
    desk.take("edc/AE.csv", of("4,Ache"))
    overtaken = [(f"AE.csv#{first.sha256[:8]}", row, code) for _, row, code in both]
    assert told(desk) == overtaken
    desk.ingest(desk_for(delivery=INCREMENTAL, missing=["NA"]).study)
    assert told(desk) == overtaken
    desk.study = desk_for(delivery=INCREMENTAL, missing=["NA"]).study
    desk.take("edc/AE_3.csv", of("2,High fever"))
    assert told(desk) == []


def test_what_a_reader_remarked_is_told_of_its_file_as_long_as_a_row_of_it_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = READERS["csv"].read

    def remarking(data: Any, source: Any) -> Reading:
        reading = read(data, source)
        return replace(reading, remarks=(Remark("hidden_rows", "row 1 is hidden", "", 1), Remark("hidden_sheets", "1")))

    monkeypatch.setattr(READERS["csv"], "read", remarking)
    desk.take("edc/AE_1.csv", of("1,Cough", "2,Fever"))
    monkeypatch.undo()
    desk.take("edc/AE_2.csv", of("3,Rash"))
    desk.take("edc/AE_3.csv", of("1,Pain"))
    assert told(desk) == [("AE_1.csv", None, "hidden_sheets")]
    desk.take("edc/AE_4.csv", of("2,Ache"))
    assert told(desk) == []


def test_odd_text_is_that_of_the_rows_in_use_with_the_place_of_the_first(desk: Desk) -> None:
    """F35: text that is compared in another form is so, also where the newest file is odd in another way."""
    desk.take("edc/AE_1.csv", of("1,Cough", "2,Ｆever"))
    desk.take("edc/AE_2.csv", of("3,Ra\u200fsh", columns="ID,Term"))
    (current,) = current_deliveries(desk.home, STUDY)
    assert current.odd_text == (
        OddText("term", "control", 1, 1),
        OddText("term", "form", 1, 2, "ST-1/101/edc/AE_1.csv"),
    )
    desk.take("edc/AE_3.csv", of("2,Fever"))
    (current,) = current_deliveries(desk.home, STUDY)
    assert current.odd_text == (OddText("term", "control", 1, 1, "ST-1/101/edc/AE_2.csv"),)


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


def test_a_day_that_is_declared_later_puts_increments_in_order(desk_for: Callable[..., Desk]) -> None:
    """F24: those that came before it was declared, and a late one after it."""
    desk = desk_for(delivery=INCREMENTAL)
    columns = "id,term,day"
    desk.take("edc/AE_1.csv", of("1,Cough,2024-05-01", columns=columns))
    desk.take("edc/AE_4.csv", of("1,Fever,2024-05-04", columns=columns))
    desk.take("edc/AE_2.csv", of("1,Rash,2024-05-02", columns=columns))
    assert terms(desk) == {"1": "Rash"}
    desk.study = desk_for(delivery=INCREMENTAL, **DATED).study
    assert [event.status for event in desk.ingest()] == ["accepted"]
    assert terms(desk) == {"1": "Fever"}
    desk.take("edc/AE_3.csv", of("1,Pain,2024-05-03", "2,Ache,2024-05-03", columns=columns))
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
