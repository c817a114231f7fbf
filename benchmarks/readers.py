"""Measures each format's reader against the bare parser that it stands on, in turns: how much the promises cost.

One function a format makes its cases; both sides of a case start from a file and end with all its rows in memory.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.dataset_readers import dataset_json_cases, sas7bdat_cases, xlsx_cases, xpt_cases
from benchmarks.measurement import RESULTS, keep_section, table
from benchmarks.odm_files import parse_groups, read_groups, write_odm
from pipelines.ingest.readers import READERS
from pipelines.study_source import Source

ROUNDS = 7
ODM_SIZES_MB = (10, 100)


@dataclass(frozen=True)
class Case:
    """One file, read by Siteproof's reader and by the bare parser; each returns the number of rows."""

    name: str
    size: int
    bare_name: str
    ours: Callable[[], int]
    bare: Callable[[], int]


def csv_cases(scratch: Path) -> list[Case]:
    """Delimited text in three ways of quoting, against DuckDB's read_csv with the dialect given, into Arrow."""
    chance = random.Random(5)  # noqa: S311 - it fills a file
    rows = [_adverse_event(number, chance) for number in range(400_000)]
    writers: dict[str, Callable[[str], str]] = {
        "no quotes": lambda cell: cell.replace(",", ";"),
        "quotes where needed (a tenth of the rows)": lambda cell: f'"{cell}"' if "," in cell else cell,
        "all quoted": lambda cell: f'"{cell}"',
    }
    cases = []
    for name, written in writers.items():
        path = scratch / f"{len(cases)}.csv"
        lines = (",".join(map(written, row)) + "\n" for row in (_AE_HEADER, *rows))
        path.write_text("".join(lines), encoding="utf-8")
        cases.append(_csv_case(name, path))
    return cases


_AE_HEADER = (
    "STUDYID",
    "USUBJID",
    "AESEQ",
    "AETERM",
    "AESTDTC",
    "AEENDTC",
    "AESEV",
    "AESER",
    "AEREL",
    "AEOUT",
    "VISIT",
)


def _adverse_event(number: int, chance: random.Random) -> tuple[str, ...]:
    day = f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    term = "Headache, mild" if number % 10 == 0 else chance.choice(["Nausea", "Übelkeit", "Fatigue", "Fever"])
    severity = chance.choice(["MILD", "MODERATE", "SEVERE"])
    subject = f"101-{number // 40:05}"
    return (
        "AA-1",
        subject,
        str(number),
        term,
        day,
        day,
        severity,
        "N",
        "NOT RELATED",
        "RECOVERED",
        f"WEEK {number % 9}",
    )


def _csv_case(name: str, path: Path) -> Case:
    import duckdb

    source = Source(path="edc/AE.csv")
    dialect = "header=true, auto_detect=false, delim=',', quote='\"', escape='\"', columns=?"
    query = f"SELECT * FROM read_csv(?, all_varchar=true, {dialect})"
    columns = dict.fromkeys(_AE_HEADER, "VARCHAR")

    def bare() -> int:
        with duckdb.connect() as connection:
            rows: int = connection.execute(query, [str(path), columns]).to_arrow_table().num_rows
            return rows

    def ours() -> int:
        rows: int = READERS["csv"].read(path.read_bytes(), source).tables[0].rows.num_rows
        return rows

    return Case(name, path.stat().st_size, "DuckDB read_csv", ours, bare)


def odm_cases(scratch: Path) -> list[Case]:
    """ODM-XML of two sizes, against lxml's iterparse that empties each element and keeps nothing."""
    cases = []
    for size in ODM_SIZES_MB:
        path = write_odm(scratch / f"{size}.xml", size)
        ours, bare = partial(read_groups, path), partial(parse_groups, path)
        cases.append(Case("ODM 1.3.2", path.stat().st_size, "lxml iterparse", ours, bare))
    return cases


FORMATS: dict[str, Callable[[Path], list[Case]]] = {
    "csv": csv_cases,
    "dataset-json": dataset_json_cases,
    "odm": odm_cases,
    "sas7bdat": sas7bdat_cases,
    "xlsx": xlsx_cases,
    "xpt": xpt_cases,
}


def measured(case: Case) -> list[str]:
    """Run both sides in turns; return the line of the case, its ratio the median of the pairs' ratios."""
    if case.ours() != case.bare():
        raise AssertionError(f"{case.name}: the two sides do not read the same number of rows")
    pairs = [(_seconds(case.ours), _seconds(case.bare)) for _ in range(ROUNDS)]
    ours, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(own / other for own, other in pairs)
    size = f"{case.size / 1e6:,.0f} MB"
    return [case.name, size, f"{ours:.2f} s", case.bare_name, f"{bare:.2f} s", f"{ratio:.2f}"]


def _seconds(run: Callable[[], int]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main() -> None:
    """Measure the named formats, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=list(FORMATS), help=f"of {', '.join(FORMATS)}")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file whose sections are replaced")
    given = parser.parse_args()
    for name in given.formats:
        with tempfile.TemporaryDirectory() as scratch:
            lines = [measured(case) for case in FORMATS[name](Path(scratch))]
        header = ["file", "size", "Siteproof", "bare parser", "time", "ratio"]
        keep_section(f"Reading {name}", table(header, lines), given.results)


if __name__ == "__main__":
    main()
