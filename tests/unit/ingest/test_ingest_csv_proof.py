"""Cells are proven by writing them again in the style of the file; whatever is altered in them is seen."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.readers import csv_proof as csv_proof_room
from pipelines.ingest.readers.csv_proof import agreement
from pipelines.study_source import Source

SOURCE = Source(path="edc/AE.csv")
# The first row tells the style, so its cells leave nothing open.
ROWS = [
    ["S-4", "", "", "a\nb"],
    ["S-1", "1.5", "", "Headache, mild"],
    ["S-2", "", "x", 'say "no"'],
    ["S-3", "7", "é", ""],
]
STYLES = ["where needed", "always", "texts", "blank texts"]


def written(rows: list[list[str]], style: str, line_end: str = "\n") -> str:
    """Rows as systems write them; in the last two styles, the second column is numbers, and missing ones are blank."""

    def cell(value: str, column: int) -> str:
        is_text = column != 1
        needed = any(mark in value for mark in ',"\r\n')
        chosen = {"always": True, "texts": is_text, "blank texts": is_text and not value}.get(style, False)
        return '"' + value.replace('"', '""') + '"' if needed or chosen else value

    return "".join(",".join(cell(value, place) for place, value in enumerate(row)) + line_end for row in rows)


def table_of(rows: list[list[str]]) -> pa.Table:
    columns = [pa.array(list(column), pa.string()) for column in zip(*rows, strict=True)]
    return pa.table(columns, names=[f"f{place}" for place in range(len(columns))])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("is_cut", [False, True])
def test_every_style_is_proven_without_the_csv_module(
    style: str, line_end: str, is_cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, body = f"a,b,c,d{line_end}", written(ROWS * 3, style, line_end)
    text = (header + (body.removesuffix(line_end) if is_cut else body)).encode()
    monkeypatch.setattr(csv_proof_room, "read_records", None)
    monkeypatch.setattr(csv_proof_room, "ROWS_A_PIECE", 4)
    assert agreement(text, len(header), table_of(ROWS * 3), SOURCE).is_whole


def test_rows_in_several_styles_are_read_by_the_csv_module_as_well() -> None:
    text = "a,b,c,d\n" + "".join(written(ROWS, style) for style in STYLES)
    assert agreement(text.encode(), 8, table_of(ROWS * 4), SOURCE).is_whole


cells = st.lists(st.sampled_from(["a", ",", '"', "\n", "é", "1"]), max_size=3).map("".join)
tables = st.integers(2, 3).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(tables, tables, st.sampled_from(STYLES))
def test_only_the_very_cells_agree(rows: list[list[str]], others: list[list[str]], style: str) -> None:
    text = written(rows, style).encode()
    assert agreement(text, 0, table_of(rows), SOURCE).is_whole
    moved = [[*row[:-2], row[-2] + row[-1], ""] for row in rows]
    for other in (others, moved, rows[:-1], [*rows, rows[0]], [row[::-1] for row in rows]):
        if other and other != rows:
            found = agreement(text, 0, table_of(other), SOURCE)
            assert not found.is_whole or found.differing is not None


def test_a_blank_line_is_no_row_with_a_blank_cell() -> None:
    assert agreement(b"x\n\ny\n", 0, table_of([["x"], [""], ["y"]]), SOURCE).broken
    assert agreement(b'x\n""\ny\n', 0, table_of([["x"], [""], ["y"]]), SOURCE).is_whole
