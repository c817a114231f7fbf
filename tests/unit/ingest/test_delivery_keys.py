"""Rows of one file that share a key are told, each of them, and none of their values (F26)."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_desk import STUDY, Desk

from pipelines.ingest import current_deliveries
from pipelines.ingest.repeated_keys import MAX_REMARKS, tell_repeated_keys

KEYED = {"delivery": {"key": ["subjid", "seq"]}}
HEADER = "subjid,seq,aeterm\n"


def remarks(desk: Desk) -> list[tuple[int | None, str]]:
    (delivery,) = current_deliveries(desk.home, STUDY)
    return [(remark.row, remark.text) for remark in delivery.remarks]


def test_both_rows_of_a_key_are_told_whether_they_are_equal_or_not(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(**KEYED)
    event = desk.take("edc/AE.csv", HEADER + "1,1,Cough\n1,2,Rash\n1, 1,Fever\n2,1,Pain\n2,1,Pain\n")
    assert (event.status, event.repeated_rows) == ("accepted", 1)
    assert remarks(desk) == [
        (1, "rows 1, 3 have the same key (subjid, seq)"),
        (3, "rows 1, 3 have the same key (subjid, seq)"),
        (4, "rows 4, 5 have the same key (subjid, seq)"),
        (5, "rows 4, 5 have the same key (subjid, seq)"),
    ]


def test_rows_without_a_key_and_files_without_a_contract_are_not_compared(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(**KEYED)
    desk.take("edc/AE.csv", HEADER + ",,Cough\n,,Rash\n1,,Pain\n")
    assert remarks(desk) == []
    plain = desk_for()
    plain.take("edc/AE.csv", HEADER + "1,1,Cough\n1,1,Rash\n")
    assert remarks(plain) == []


def test_of_many_the_rest_is_counted(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(**KEYED)
    desk.take("edc/AE.csv", HEADER + "1,1,Cough\n" * (MAX_REMARKS + 50))
    told = remarks(desk)
    assert len(told) == MAX_REMARKS + 1
    assert told[0] == (1, f"rows 1, 2, 3, 4, 5 and {MAX_REMARKS + 45} more have the same key (subjid, seq)")
    assert told[-1] == (MAX_REMARKS + 1, "50 more rows have the key (subjid, seq) of another")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from("abcdef"), max_size=12))
def test_every_seeded_repeat_is_told_and_no_other(keys: list[str]) -> None:
    """F26: 100 % of them."""
    text = pa.string()
    rows = pa.table({"__source_row": pa.array(range(1, len(keys) + 1), pa.int64()), "k": pa.array(keys, text)})
    told = [remark.row for remark in tell_repeated_keys(rows, ["k"], "")]
    assert told == [row for row, key in enumerate(keys, start=1) if keys.count(key) > 1]
