"""The cases of `benchmarks.readers` for SAS datasets, Dataset-JSON and workbooks: their files, and the bare parsers."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.ingest.readers import READERS
from pipelines.settings import PROJECT_ROOT
from pipelines.study_source import Source

if TYPE_CHECKING:
    from benchmarks.readers import Case

ROWS = 150_000
SAMPLE = PROJECT_ROOT.parent / "shared/data/format-samples/pyreadstat/test_data/basic/dates_xpt.sas7bdat"


def laboratory_rows(count: int) -> dict[str, list[Any]]:
    """Return made-up laboratory results by column: five texts, five numbers."""
    chance = random.Random(7)  # noqa: S311 - it fills a file
    return {
        "USUBJID": [f"S-1-101-{row // 40:05}" for row in range(count)],
        "LBTESTCD": [chance.choice(["ALT", "AST", "BILI", "CREAT"]) for _ in range(count)],
        "LBORRES": [f"{chance.random() * 100:.1f}" for _ in range(count)],
        "LBDTC": [f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}" for _ in range(count)],
        "VISIT": [f"WEEK {row % 9}" for row in range(count)],
        "LBSEQ": [float(row) for row in range(count)],
        "LBSTRESN": [round(chance.random() * 100, 1) for _ in range(count)],
        "LBSTNRLO": [chance.choice([5.0, 7.5, None]) for _ in range(count)],
        "LBDY": [float(chance.randint(-30, 400)) for _ in range(count)],
        "VISITNUM": [float(row % 9) for row in range(count)],
    }


def xpt_cases(scratch: Path) -> list[Case]:
    """Transport files, against pyreadstat into its default data frame and into plain columns."""
    import polars as pl
    import pyreadstat

    path = scratch / "LB.xpt"
    pyreadstat.write_xport(pl.DataFrame(laboratory_rows(ROWS)), path, table_name="LB", file_format_version=5)
    size = path.stat().st_size

    def bare(output: str) -> Callable[[], int]:
        def read() -> int:
            values, about = pyreadstat.read_xport(path, output_format=output)
            return about.number_rows if values is not None else 0

        return read

    return [
        _case("LB, version 5", size, "pyreadstat, pandas", _ours("xpt", path), bare("pandas")),
        _case("LB, version 5", size, "pyreadstat, plain columns", _ours("xpt", path), bare("dict")),
    ]


def dataset_json_cases(scratch: Path) -> list[Case]:
    """The three forms, against Python's json (the whole file at once) and ijson (one row at a time)."""
    columns = laboratory_rows(ROWS)
    is_text = {name: isinstance(values[0], str) for name, values in columns.items()}
    about = {
        "datasetJSONCreationDateTime": "2024-01-01T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.LB",
        "records": ROWS,
        "name": "LB",
        "label": "Laboratory",
        "columns": [
            {"itemOID": f"IT.{n}", "name": n, "label": n, "dataType": "string" if text else "double"}
            for n, text in is_text.items()
        ],
    }
    rows = list(zip(*columns.values(), strict=True))
    whole, lines = scratch / "LB.json", scratch / "LB.ndjson"
    whole.write_text(json.dumps({**about, "rows": rows}), encoding="utf-8")
    lines.write_text("".join(json.dumps(line) + "\n" for line in (about, *rows)), encoding="utf-8")

    def with_json() -> int:
        return len(json.loads(whole.read_bytes())["rows"])

    def with_json_lines() -> int:
        with lines.open("rb") as file:
            return sum(1 for line in file if json.loads(line)) - 1

    def with_ijson() -> int:
        import ijson

        with whole.open("rb") as file:
            return sum(1 for _ in ijson.items(file, "rows.item"))

    size = whole.stat().st_size
    return [
        _case("LB, one object", size, "json", _ours("dataset-json", whole), with_json),
        _case("LB, one object", size, "ijson", _ours("dataset-json", whole), with_ijson),
        _case("LB, lines", lines.stat().st_size, "json", _ours("dataset-json", lines), with_json_lines),
    ]


def xlsx_cases(scratch: Path) -> list[Case]:
    """A sheet, against openpyxl in its mode for large files."""
    import openpyxl
    import xlsxwriter

    path = scratch / "LB.xlsx"
    columns = laboratory_rows(20_000)
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("LB")
        sheet.write_row(0, 0, columns)
        for number, row in enumerate(zip(*columns.values(), strict=True), start=1):
            sheet.write_row(number, 0, row)

    def bare() -> int:
        rows = openpyxl.load_workbook(path, read_only=True, data_only=True)["LB"].iter_rows(values_only=True)
        return sum(1 for _ in rows) - 1

    return [_case("LB, one sheet", path.stat().st_size, "openpyxl, read_only", _ours("xlsx", path), bare)]


def sas7bdat_cases(scratch: Path) -> list[Case]:
    """Files made of a small real one, one after another as a site delivers them, against pyreadstat.

    The process that reads them is there: the first file of a run waits half a second for it.
    """
    import pyreadstat

    sample = SAMPLE.read_bytes()

    def case(name: str, count: int, pages: int) -> Case:
        paths = [scratch / f"{pages}-{number}.sas7bdat" for number in range(count)]
        for path in paths:
            path.write_bytes(with_more_pages(sample, pages) if pages else sample)
        readings = [_ours("sas7bdat", path) for path in paths]

        def bare() -> int:
            return sum(int(pyreadstat.read_sas7bdat(path)[1].number_rows) for path in paths)

        size = sum(path.stat().st_size for path in paths)
        return _case(name, size, "pyreadstat, pandas", lambda: sum(read() for read in readings), bare)

    return [
        case("50 files of 19 rows", 50, 0),
        case("50 files of 2,473 rows", 50, 3),
        case("50 files of 8,199 rows", 50, 10),
        case("327,219 rows", 1, 400),
    ]


def with_more_pages(sample: bytes, pages: int) -> bytes:
    """Return a sas7bdat file (64 bits, little-endian, not compressed, one page) with pages full of its rows behind.

    Only SAS writes this format, so a large file has to be made of a small one.
    """
    data = bytearray(sample)
    (header_bytes, page_bytes), page = struct.unpack_from("<II", data, 200), 40
    (entries,) = struct.unpack_from("<H", data, header_bytes + 36)
    # The entry on rows: how long one is, how many there are, how many of them on the first page.
    about = data.index(b"\xf7\xf7\xf7\xf7\0\0\0\0", header_bytes)
    row_bytes, rows = struct.unpack_from("<QQ", data, about + 40)
    start = header_bytes + page + 24 * entries
    start += -start % 8
    a_page = (page_bytes - page) // row_bytes
    full = bytearray(data[header_bytes : header_bytes + page])
    struct.pack_into("<HHH", full, 32, 0x0100, a_page, 0)
    held = (bytes(data[start : start + rows * row_bytes]) * (a_page // rows + 1))[: a_page * row_bytes]
    struct.pack_into("<Q", data, about + 48, rows + pages * a_page)
    struct.pack_into("<Q", data, about + 120, rows)
    struct.pack_into("<Q", data, 208, 1 + pages)
    return bytes(data) + (bytes(full) + held).ljust(page_bytes, b"\0") * pages


def _ours(form: str, path: Path) -> Callable[[], int]:
    source = Source(path="lab/LB.*", format=form)  # type: ignore[arg-type]

    def read() -> int:
        rows: int = READERS[form].read(path.read_bytes(), source).tables[0].rows.num_rows
        return rows

    return read


def _case(name: str, size: int, bare_name: str, ours: Callable[[], int], bare: Callable[[], int]) -> Case:
    # benchmarks.readers imports this module.
    from benchmarks.readers import Case

    return Case(name, size, bare_name, ours, bare)
