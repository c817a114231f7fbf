"""Increments with transactions: Remove, Update, Insert, Context; what a row does not mention keeps its value (F25)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_desk import Desk, study_of

from pipelines.ingest.increments import lay_increments
from pipelines.ingest.readers import READERS, Reading, Table
from pipelines.settings import Home

INCREMENTAL: dict[str, Any] = {"content": "incremental", "key": ["id"]}


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
