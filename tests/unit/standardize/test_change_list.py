"""What a corrected delivery changed, to the variable: all of it, and nothing else (F23)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest import ingest_study
from pipelines.settings import Home
from pipelines.standardize.change_list import list_changes
from pipelines.standardize.record_pairs import Found, pair_records
from pipelines.study import load_study

STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  AE:
    path: edc/AE*.csv
    subject: subj
    dates: {start: [YYYY-MM-DD], end: [YYYY-MM-DD]}
    {contract}
map: {map}
"""
MAP = "{AE: [{from: AE, variables: {AESPID: id, AETERM: term, AESTDTC: start, AEENDTC: end}}]}"
COLUMNS = ["subj", "id", "term", "start", "end"]
Rows = list[list[str]]
Changed = tuple[str, str, str, str, str | None, str | None]

FIRST: Rows = [
    ["1", "10", "Rash", "2024-01-01", ""],
    ["1", "11", "Cough", "2024-01-02", "2024-01-09"],
    ["2", "10", "Fever", "2024-01-03", ""],
]


def text(rows: Rows, columns: list[str] = COLUMNS) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([columns, *rows])
    return written.getvalue()


@pytest.fixture
def changes(home: Home) -> Callable[..., list[Changed]]:
    """Deliver files of AE one after the other; return the change list of the last."""
    months = count(1)

    def deliver(*files: str, contract: str = "", mapped: str = MAP, held: bool = False) -> list[Changed]:
        path = home.study_file("ST-1")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STUDY.replace("{contract}", contract).replace("{map}", mapped), encoding="utf-8")
        study = load_study(path)
        for content in files:
            file = home.landing / "ST-1" / "101" / "edc" / "AE.csv"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
            ingest_study(home, study, ["101"], now=lambda: datetime(2024, 1, next(months) % 28 + 1, tzinfo=UTC))
        columns = ["subject", "record", "change", "variable", "old", "new"]
        return list(list_changes(home, study, held=held).select(columns).iter_rows())

    return deliver


def test_a_changed_value_is_listed_with_its_record(changes: Callable[..., list[Changed]]) -> None:
    second = [["1", "10", "Rash", "2024-01-01", "2024-02-01"], FIRST[1], ["2", "10", "High fever", "2024-01-04", ""]]
    assert changes(text(FIRST), text(second)) == [
        ("1", "AESPID=10", "changed", "AEENDTC", None, "2024-02-01"),
        ("2", "AESPID=10", "changed", "AETERM", "Fever", "High fever"),
        ("2", "AESPID=10", "changed", "AESTDTC", "2024-01-03", "2024-01-04"),
    ]


def test_records_that_came_and_went_are_listed_once(changes: Callable[..., list[Changed]]) -> None:
    second = [*FIRST[1:], ["3", "12", "Pain", "2024-01-05", ""]]
    assert changes(text(FIRST), text(second)) == [
        ("1", "AESPID=10", "removed", "", None, None),
        ("3", "AESPID=12", "added", "", None, None),
    ]


def test_another_order_and_quoting_change_nothing(changes: Callable[..., list[Changed]]) -> None:
    """F22."""
    turned = [[row[4], row[2], row[0], row[1], row[3]] for row in reversed(FIRST)]
    quoted = text(turned, ["end", "term", "subj", "id", "start"]).replace("Rash", '"Rash"').replace("\r\n", "\n")
    assert changes(text(FIRST), quoted) == []


def test_a_corrected_date_of_a_key_is_no_other_record(changes: Callable[..., list[Changed]]) -> None:
    first = [["1", "", "Rash", "2024-01-01", ""], ["1", "", "Cough", "2024-01-01", ""]]
    second = [["1", "", "Rash", "2024-01-02", ""], ["1", "", "Cough", "2024-01-01", ""]]
    assert changes(text(first), text(second)) == [
        ("1", "AETERM=Rash AESTDTC=2024-01-02", "changed", "AESTDTC", "2024-01-01", "2024-01-02")
    ]


def test_of_records_that_share_a_key_the_changed_one_is_found(changes: Callable[..., list[Changed]]) -> None:
    first = [["1", "10", term, "2024-01-01", ""] for term in ("Ache", "Cough", "Rash")]
    second = [["1", "10", term, "2024-01-01", ""] for term in ("Rash", "Ache", "Dry cough")]
    assert changes(text(first), text(second)) == [("1", "AESPID=10", "changed", "AETERM", "Cough", "Dry cough")]


def test_hundreds_of_records_that_share_a_key_are_paired_by_what_they_have_in_common() -> None:
    """Of more than ten thousand possible pairs the first are taken as they come, the others by likeness."""
    old = [Found("1", "K", None, "f", n, (str(n), str(n % 7), "a")) for n in range(120)]
    new = [Found("1", "K", None, "f", n, (str(n), str(n % 7), "b")) for n in reversed(range(20, 110))]
    paired = [(one and one.source_row, other and other.source_row) for one, other in pair_records(old, new, [])]
    assert paired[:4] == [(0, 109), (1, 108), (2, 107), (3, 106)]
    assert {pair for pair in paired[4:] if pair[1] is not None} == {(n, n) for n in range(20, 106)}
    assert len(paired) == 120


def test_a_source_that_no_mapping_reads_is_compared_by_its_declared_key(changes: Callable[..., list[Changed]]) -> None:
    second = [["1", "10", "Rash", "2024-01-01", "2024-02-01"], *FIRST[1:]]
    contract = "delivery: {key: [subj, id]}"
    assert changes(text(FIRST), text(second), contract=contract, mapped="{}") == [
        ("", "subj=1 id=10", "changed", "end", None, "2024-02-01")
    ]


def test_a_number_is_told_with_the_decimal_mark_that_it_came_with(changes: Callable[..., list[Changed]]) -> None:
    mapped = "{EX: [{from: AE, variables: {EXSPID: id, EXDOSE: dose}}]}"
    first, second = (text([["1", str(n), dose] for n, dose in enumerate(doses)], ["subj", "id", "dose"]) for doses in (
        ["1,5", "1.500", "１，５", "7"], ["2,5", "2.500", "1,5", "7"]
    ))  # fmt: skip
    assert changes(first, second, contract='decimal: ","', mapped=mapped) == [
        ("1", "EXSPID=0", "changed", "EXDOSE", "1,5", "2,5"),
        ("1", "EXSPID=1", "changed", "EXDOSE", "1.500", "2.500"),
    ]


def test_without_any_key_a_changed_row_is_one_gone_and_one_come(changes: Callable[..., list[Changed]]) -> None:
    second = [["1", "10", "Rash", "2024-01-01", "2024-02-01"], *FIRST[1:]]
    assert sorted(row[2] for row in changes(text(FIRST), text(second), mapped="{}")) == ["added", "removed"]


def test_what_is_held_stands_beside_the_current_delivery(changes: Callable[..., list[Changed]]) -> None:
    contract = 'delivery: {max_row_drop: "0.1"}'
    assert changes(text(FIRST), text(FIRST[1:]), contract=contract, held=True) == [
        ("1", "AESPID=10", "removed", "", None, None)
    ]
    assert changes(contract=contract) == []


def test_a_first_delivery_changed_nothing(changes: Callable[..., list[Changed]]) -> None:
    assert changes(text(FIRST)) == []


def test_a_column_that_comes_or_goes_changes_the_variable_of_each_record(
    changes: Callable[..., list[Changed]],
) -> None:
    without = [row[:4] for row in FIRST]
    assert changes(text(without, COLUMNS[:4]), text(FIRST)) == [
        ("1", "AESPID=11", "changed", "AEENDTC", None, "2024-01-09")
    ]


def test_one_site_and_one_source_can_be_asked_for(changes: Callable[..., list[Changed]], home: Home) -> None:
    changes(text(FIRST), text(FIRST[1:]))
    study = load_study(home.study_file("ST-1"))
    found = list_changes(home, study, "101", "AE")
    assert found.select("study", "site", "source", "dataset", "source_file", "source_row").rows() == [
        ("ST-1", "101", "AE", "AE", "ST-1/101/edc/AE.csv", 1)
    ]
    assert list_changes(home, study, "102").is_empty()
    assert list_changes(home, study, source="DM").is_empty()


Seeds = list[tuple[int, int, str]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seeds=st.lists(st.tuples(st.integers(0, 29), st.sampled_from([2, 3, 4]), st.integers(0, 99)), max_size=8),
    gone=st.sets(st.integers(0, 29), max_size=4),
    come=st.integers(0, 3),
    order=st.randoms(use_true_random=False),
)
def test_every_seeded_change_is_listed_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, seeds: Seeds, gone: set[int], come: int, order: object
) -> None:
    """F23: 100 % of the seeded changes; 25 files here, each of up to 15 changes among 30 records."""
    home = Home(Path(tmp_path_factory.mktemp("seeded")))
    rows = [[str(n % 7), str(n), f"Term {n}", "2024-01-01", f"2024-02-{n % 28 + 1:02}"] for n in range(30)]
    changed = [list(row) for row in rows]
    for number, column, value in seeds:
        changed[number][column] = f"2025-01-{int(value) % 28 + 1:02}" if column > 2 else f"Other {value}"
    expected = {
        (str(n), COLUMNS[column])
        for n, (old, new) in enumerate(zip(rows, changed, strict=True))
        for column in range(5)
        if n not in gone and old[column] != new[column]
    }
    kept = [row for n, row in enumerate(changed) if n not in gone]
    kept += [["1", str(100 + n), "New", "2024-01-01", ""] for n in range(come)]
    order.shuffle(kept)  # type: ignore[attr-defined]
    path = home.study_file("ST-1")
    path.parent.mkdir(parents=True)
    path.write_text(STUDY.replace("{contract}", "").replace("{map}", MAP), encoding="utf-8")
    study = load_study(path)
    file = home.landing / "ST-1" / "101" / "edc" / "AE.csv"
    file.parent.mkdir(parents=True)
    for content in (rows, kept):
        file.write_text(text(content), encoding="utf-8")
        ingest_study(home, study, ["101"])
    columns = {"AETERM": "term", "AESTDTC": "start", "AEENDTC": "end", "": ""}
    listed = list(list_changes(home, study).select("record", "change", "variable").iter_rows())
    told = [(record.removeprefix("AESPID="), columns[name]) for record, change, name in listed if change == "changed"]
    assert sorted(told) == sorted(expected)
    assert sorted(r for r, change, _ in listed if change == "removed") == sorted(f"AESPID={n}" for n in gone)
    assert sum(change == "added" for _, change, _ in listed) == come
