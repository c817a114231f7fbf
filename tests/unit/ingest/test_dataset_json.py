"""The Dataset-JSON reader gives values as they are written, in all three forms alike, or refuses the file (F45)."""

from __future__ import annotations

import gzip
import json
import mmap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataset_files import content_of, reading, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.readers import dataset_json, dataset_json_text
from pipelines.ingest.refusal import Refusal

COLUMNS = [("USUBJID", "string"), ("AETERM", "string"), ("DOSE", "decimal"), ("AESEQ", "integer"), ("TEMP", "float")]
ROWS = [["1-001", 'Übelkeit "x"', "1.50", 1, 36.6], ["1-002", "", None, 2, None]]


def about(columns: Any = COLUMNS, records: int | None = None, **other: Any) -> dict[str, Any]:
    described = [{"itemOID": f"IT.{n}", "name": n, "label": n, "dataType": kind} for n, kind in columns]
    return {
        "datasetJSONCreationDateTime": "2024-11-11T15:09:15", "datasetJSONVersion": "1.1.0", "itemGroupOID": "IG.AE",
        "records": len(ROWS) if records is None else records, "name": "AE", "label": "Adverse Events",
        "columns": described, **other,
    }  # fmt: skip


def as_json(rows: Any = ROWS, **how: Any) -> bytes:
    return json.dumps({**about(**how), "rows": rows}, ensure_ascii=False).encode()


def as_lines(rows: Any = ROWS, **how: Any) -> bytes:
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in [about(**how), *rows]).encode()


def rows_of(data: Any) -> list[tuple[str, ...]]:
    (table,) = reading("dataset-json", data).tables
    return texts(table)


def refusal_of(data: bytes, **declared: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        reading("dataset-json", data, **declared)
    return caught.value


def test_the_three_forms_give_one_table(tmp_path: Path) -> None:
    forms = [as_json(), as_lines(), as_lines() + b"\n", zlib.compress(as_lines()), gzip.compress(as_lines())]
    forms += [
        b"\xef\xbb\xbf" + as_json(),
        json.dumps(json.loads(as_json()), indent=2).encode(),
        zlib.compress(as_json()),
    ]
    tables = [reading("dataset-json", form).tables for form in forms]
    assert len({str(content_of(table)) for (table,) in tables}) == 1
    (table,) = tables[0]
    assert (table.name, table.subject, table.keys) == ("AE", "USUBJID", {"USUBJID"})
    assert texts(table) == [("1-001", 'Übelkeit "x"', "1.50", "1", "36.6"), ("1-002", "", "", "2", "")]
    path = tmp_path / "AE.dsjc"
    path.write_bytes(forms[3])
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert rows_of(mapped) == texts(table)


def test_numbers_land_as_they_are_written() -> None:
    literals = ["1.50", "1E5", "-0", "1e400", "0.10", "123456789012345678901234567890"]
    rows = ",".join(f"[{literal}]" for literal in literals)
    data = json.dumps(about([("N", "double")], records=len(literals)))[:-1] + f', "rows": [{rows}]}}'
    assert rows_of(data.encode()) == [(literal,) for literal in literals]


def test_booleans_and_blanks() -> None:
    assert rows_of(as_json([[True], [False], [None]], columns=[("F", "boolean")], records=3)) == [
        ("true",),
        ("false",),
        ("",),
    ]


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_where_the_pieces_of_a_file_end_makes_no_difference(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows_of(as_json())
    monkeypatch.setattr(dataset_json_text, "PIECE_BYTES", piece)
    monkeypatch.setattr(dataset_json, "ROWS_A_PIECE", 1)
    for form in (as_json(), as_lines(), zlib.compress(as_lines())):
        assert rows_of(form) == whole


@pytest.mark.parametrize("form", [as_json, as_lines])
def test_a_piece_may_end_anywhere_in_a_number(form: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[5.25e-05], [-90071.5], [1.5e300]]
    data = form(rows, columns=[("N", "double")], records=3, extra=-1.5e-7)
    for piece in range(1, len(data)):
        monkeypatch.setattr(dataset_json_text, "PIECE_BYTES", piece)
        assert rows_of(data) == [("5.25e-05",), ("-90071.5",), ("1.5e+300",)]


def test_the_order_of_attributes_makes_no_difference() -> None:
    attributes = {"rows": ROWS, **about()}
    assert rows_of(json.dumps(attributes).encode()) == rows_of(as_json())
    assert refusal_of(json.dumps({"rows": [[1]], **about(records=1)}).encode()).code == "ragged_row"


def test_a_dataset_without_rows_is_one() -> None:
    described = json.dumps(about(records=0)).encode()
    for data in (as_json([], records=0), described, described + b"\n", zlib.compress(described)):
        (table,) = reading("dataset-json", data).tables
        assert (table.rows.num_rows, len(table.header)) == (0, 5)


def test_attributes_that_are_none_are_told() -> None:
    (remark,) = reading("dataset-json", as_json(ours="x", studyOID="S")).remarks
    assert (remark.code, remark.text[0], remark.table) == ("unknown_attribute", "1", "AE")


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in {**about(), "rows": ROWS}.items() if key != name}).encode()


def typed(kind: str, value: Any) -> bytes:
    return as_json([[value]], columns=[("A", kind)], records=1)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"), (b"   ", "not_dataset_json"), (b"a,b\n", "not_dataset_json"), (b"[]", "not_dataset_json"),
        (b"{}", "not_dataset_json"), (b"{,", "malformed_json"), (b'{"a": 1}', "not_dataset_json"),
        (json.dumps({**about(), "clinicalData": {}}).encode(), "unsupported_version"),
        (as_json(datasetJSONVersion="1.0.0"), "unsupported_version"),
        (as_json(datasetJSONVersion=1.1), "unsupported_version"),
        *((without(name), "missing_attribute") for name in ("records", "columns", "name", "label", "itemGroupOID")),
        (without("datasetJSONVersion"), "not_dataset_json"),
        (as_json(name=""), "wrong_attribute"), (as_json(records=-1), "wrong_attribute"),
        (as_json().replace(b'"records": 2', b'"records": 2.0'), "wrong_attribute"),
        (as_json().replace(b'"records": 2', b'"records": "2"'), "wrong_attribute"),
        (as_json(columns=[]), "wrong_attribute"), (as_json(columns=[("A", "text")]), "wrong_attribute"),
        (as_json(columns=[("A", "string"), ("a", "string")]), "duplicate_column"),
        (as_json(columns=[("", "string")]), "wrong_attribute"),
        (as_json(columns=[("A", "string")] * 5001), "too_many_columns"),
        (as_json().replace(b'"itemOID"', b'"oid"', 1), "missing_attribute"),
        (as_json(records=3), "row_count_mismatch"), (as_lines(records=1), "row_count_mismatch"),
        (as_json([*ROWS, ["1-003"]]), "ragged_row"), (as_json([*ROWS, {"a": 1}]), "ragged_row"),
        (as_lines([*ROWS, []]), "ragged_row"),
        (typed("string", 1), "wrong_type"), (typed("integer", "1"), "wrong_type"),
        (typed("decimal", 1.5), "wrong_type"),
        (typed("date", 20240101), "wrong_type"), (typed("boolean", "true"), "wrong_type"),
        (typed("float", [1]), "wrong_type"),
        (typed("string", {"a": 1}), "wrong_type"), (typed("float", True), "wrong_type"),
        (as_json().replace(b"36.6", b"NaN"), "malformed_json"),
        (as_json().replace(b"36.6", b"-Infinity"), "malformed_json"),
        (as_json().replace(b"36.6", b"036"), "malformed_json"), (as_json().replace(b"36.6", b"'x'"), "malformed_json"),
        (as_json().replace(b'"name": "AE"', b'"name": "AE", "name": "AE"'), "malformed_json"),
        (as_json().replace(b'"itemOID": "IT.DOSE"', b'"name": "DOSE"'), "malformed_json"),
        (as_json().replace(b'"1-001"', b'"\\ud800"'), "malformed_json"),
        (as_json() + b"x", "malformed_json"), (as_json() + as_json(), "malformed_json"),
        (as_lines().replace(b"\n", b" "), "malformed_json"), (as_lines() + b"\n]", "malformed_json"),
        (as_json()[:-1], "truncated_file"), (as_json()[:-30], "truncated_file"), (as_json()[:100], "truncated_file"),
        (as_lines()[:-1], "truncated_file"), (as_lines()[:-5], "truncated_file"),
        (zlib.compress(as_lines())[:-4], "truncated_file"), (zlib.compress(as_lines()) + b"x", "malformed_compression"),
        (b"\x78\x9c" + b"\xff" * 40, "malformed_compression"),
        (as_json().replace("Ü".encode(), b"\xdc"), "undecodable"),
        (as_json()[:-2] + b"[" * 200_000, "malformed_json"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_for_the_true_reason(data: bytes, code: str) -> None:
    assert refusal_of(data).code == code


def test_undecodable_text_is_refused_with_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    data = as_json().replace("Ü".encode(), b"\xc3(")
    monkeypatch.setattr(dataset_json_text, "PIECE_BYTES", data.index(b"\xc3") + 1)
    place = data.index(b"\xc3")
    assert f"byte {place} " in refusal_of(data).text
    declared = as_json().decode().encode("cp1252")
    assert texts(reading("dataset-json", declared, encoding="cp1252").tables[0])[0][1].startswith("Ü")


def test_a_bomb_is_refused_before_it_unfolds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_json_text, "RATIO_FREE_BYTES", 1 << 16)
    data = zlib.compress(as_lines() + b" " * (8 << 20) + b"\n")
    assert refusal_of(data).code == "zip_bomb"


def test_attributes_without_end_are_refused() -> None:
    data = json.dumps({**{f"x{number}": 1 for number in range(1_001)}, **about(), "rows": ROWS}).encode()
    assert "more than 1000 attributes" in refusal_of(data).text


def test_a_row_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_json_text, "PIECE_BYTES", 64)
    monkeypatch.setattr(dataset_json_text, "MAX_VALUE_CHARACTERS", 2_000)
    data = as_json([["x" * 9_000]], columns=[("A", "string")], records=1)
    assert refusal_of(data).code == "field_too_large"


def test_no_refusal_shows_a_value() -> None:
    data = as_json().replace(b"Nausea", b"patient")
    words = [refusal_of(data[:end]).text for end in range(0, len(data), 11)]
    assert len(words) > 50
    assert not any("patient" in text or "1-001" in text for text in words)


VALUES = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    "integer": st.integers(-(10**20), 10**20),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
}


@st.composite
def datasets(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[list[Any]]]:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4))
    row = st.tuples(*(st.one_of(st.none(), VALUES[kind]) for kind in kinds)).map(list)
    return [(f"C{place}", kind) for place, kind in enumerate(kinds)], draw(st.lists(row, max_size=6))


def test_what_is_written_is_read_value_by_value() -> None:
    rows_read = []

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(datasets(), st.booleans())
    def check(dataset: tuple[list[tuple[str, str]], list[list[Any]]], is_ascii: bool) -> None:
        columns, rows = dataset
        lines = [json.dumps(row, ensure_ascii=is_ascii) for row in rows]
        head = json.dumps(about(columns, records=len(rows)))
        whole = f'{head[:-1]}, "rows": [{",".join(lines)}]}}'.encode()
        expected = [tuple("" if v is None else v if type(v) is str else json.dumps(v) for v in row) for row in rows]
        assert rows_of(whole) == expected
        assert rows_of("\r\n".join([head, *lines]).encode()) == expected
        rows_read.append(len(rows))

    check()
    assert sum(rows_read) > 100
