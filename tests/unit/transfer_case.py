"""A small warehouse, findings and verdicts, from which the transfer tests write extracts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines.findings import FINDING_COLUMNS, RunInfo
from pipelines.study import Mapping, Study
from pipelines.study_source import Source
from pipelines.transfer.contents import write_contents
from pipelines.transfer.manifest import render_manifest
from pipelines.transfer.tables import WrittenFile
from pipelines.transfer.verification import MANIFEST

# A value that a spreadsheet would run, quotes, a line end inside a value, blanks around it, and no value at all.
AWKWARD_TERMS = ['=HYPERLINK("x")', 'say "ah"', "two\r\nlines", " , ", "naïve 頭痛", None]

STUDY = Study(
    study="S1",
    title="A study",
    sponsor="A sponsor",
    sources={"AE": Source(path="edc/AE.csv"), "SV": Source(path="edc/SV.csv")},
    map={"AE": [Mapping.model_validate({"from": "AE"})], "SV": [Mapping.model_validate({"from": "SV"})]},
)
RUN = RunInfo("S1", "0123456789abcdef", "2024-06-30T10:00:00Z", "0.1.0", {}, None)


def build_warehouse(
    path: Path, visit_dates: list[str | None], *, threads: int = 1, repeat: int = 1
) -> duckdb.DuckDBPyConnection:
    """marts.ae with the awkward terms, and marts.sv with one visit a date, each `repeat` times under other subjects."""
    connection = duckdb.connect(path, config={"threads": threads})
    connection.execute("CREATE SCHEMA marts")
    lineage = "study VARCHAR, site VARCHAR, USUBJID VARCHAR, record VARCHAR, source_file VARCHAR, source_row BIGINT"
    connection.execute(
        f"CREATE TABLE marts.ae ({lineage}, AESPID VARCHAR, AETERM VARCHAR, AESTDTC VARCHAR, AESTDTC_raw VARCHAR)"
    )
    connection.execute(
        f"CREATE TABLE marts.sv ({lineage}, VISITNUM DOUBLE, VISITNUM_raw VARCHAR, VISIT VARCHAR, SVSTDTC VARCHAR)"
    )
    for row, term in enumerate(AWKWARD_TERMS, start=1):
        key = ["S1", "01", "S1-1", f"AESPID={row}", "S1/01/edc/AE.csv", row]
        connection.execute("INSERT INTO marts.ae VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*key, row, term, None, "UNK"])
    connection.execute("CREATE TABLE visit_dates (row BIGINT, started VARCHAR)")
    connection.executemany("INSERT INTO visit_dates VALUES (?, ?)", [list(v) for v in enumerate(visit_dates, start=1)])
    connection.execute(
        """
        INSERT INTO marts.sv
        SELECT 'S1', '01', 'S1-' || copy, 'VISIT=' || row, 'S1/01/edc/SV.csv', copy * 1000 + row, row + 0.5,
            row || '.50', 'Visit ' || row, started
        FROM visit_dates, range(?) AS copies(copy) ORDER BY hash(copy, row)
        """,
        [repeat],
    )
    return connection


def list_findings(*records: tuple[str, str, int]) -> pl.DataFrame:
    """One finding for each (id, dataset, source row)."""
    schema = {"finding_id": pl.String, "dataset": pl.String, "source_row": pl.Int64}
    blank = [pl.lit(None, pl.String).alias(name) for name in FINDING_COLUMNS if name not in schema]
    return (
        pl.DataFrame(list(records), schema=schema, orient="row")
        .with_columns(blank)
        .with_columns(
            pl.lit("S1").alias("study"),
            pl.lit("01").alias("site"),
            pl.lit("SV-02").alias("check_id"),
            pl.format("S1/01/edc/{}.csv", "dataset").alias("source_file"),
        )
    )


VERDICTS = pl.DataFrame(
    {"study": ["S1", "S1"], "site": ["01", "01"], "check_id": ["SV-02", "AE-01"], "status": ["fail", "pass"]}
)


def write_case(
    connection: duckdb.DuckDBPyConnection, folder: Path, findings: pl.DataFrame, cutoff: date | None = None
) -> list[WrittenFile]:
    """Write a whole extract, manifest included."""
    folder.mkdir(parents=True)
    files = write_contents(connection, STUDY.map, findings, VERDICTS, cutoff, folder)
    (folder / MANIFEST).write_text(render_manifest(STUDY, RUN, cutoff, files), encoding="utf-8")
    return files
