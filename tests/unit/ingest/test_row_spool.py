"""Rows of many tables come back as they were added, wherever they lay meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.readers import row_spool
from pipelines.ingest.readers.row_spool import RowSpool

added = st.lists(
    st.tuples(st.sampled_from("tuv"), st.dictionaries(st.sampled_from("abcd"), st.text("xyz", max_size=3))), max_size=40
)


@settings(deadline=None, max_examples=50)
@given(
    rows=added,
    batch=st.integers(1, 9),
    values=st.integers(1, 30),
    memory=st.sampled_from([0, 200, 1 << 20]),
    blank=st.sampled_from(["", None]),
)
def test_rows_come_back(
    rows: list[tuple[str, dict[str, str]]], batch: int, values: int, memory: int, blank: str | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_spool, "ROWS_A_BATCH", batch)
        patch.setattr(row_spool, "VALUES_HELD", values)
        patch.setattr(row_spool, "MEMORY_BYTES", memory)
        spool = RowSpool(blank)
        spool.declare("t", ["a", "e"])
        for number, (name, row) in enumerate(rows):
            spool.add(name, row, str(number))
        tables = {table.name: table for table in spool.tables()}
        del spool
    assert set(tables) == {"t", *(name for name, _ in rows)}
    for name, table in tables.items():
        mine = [(str(number), row) for number, (other, row) in enumerate(rows) if other == name]
        columns = dict.fromkeys((["a", "e"] if name == "t" else []) + [column for _, row in mine for column in row])
        assert set(table.header) == set(columns)
        got = table.rows.rename_columns(list(table.header)).to_pylist()
        assert got == [dict.fromkeys(columns, blank) | row for _, row in mine]
        assert table.places.to_pylist() == [place for place, _ in mine]


def test_what_lies_on_disk_needs_one_file_and_outlives_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(row_spool, "MEMORY_BYTES", 0)
    monkeypatch.setattr(row_spool, "BATCHES_BYTES", 0)
    monkeypatch.setattr(row_spool, "ROWS_A_BATCH", 2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = RowSpool()
    for number in range(40):
        spool.add(f"t{number % 7}", {"a": str(number)}, "")
    assert len(list(tmp_path.iterdir())) == 1
    before = len(list(Path("/proc/self/fd").iterdir()))
    tables = spool.tables()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
    del spool
    assert list(tmp_path.iterdir()) == []
    assert sum(table.rows.num_rows for table in tables) == 40
    assert tables[0].rows.column(0).to_pylist() == [str(number) for number in range(0, 40, 7)]
