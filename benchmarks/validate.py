"""Validates a large table through the validate room, against hand-written DuckDB SQL that gives the same.

Both write, as Parquet, evaluated and failed for each check and site, and every failing row with its message; the two
have to be equal. 20 checks, 200 sites; the table has one row an adverse event. Each side runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.measurement import RESULTS, Measurement, keep_section, measure, table
from benchmarks.validate_rules import RULES, STUDY, write_study
from pipelines.date_functions import date_functions_sql
from pipelines.settings import Home
from pipelines.study import load_study
from pipelines.validate import load_great_expectations, validate_study
from pipelines.validate.check_models import load_check_models
from pipelines.validate.quality_tables import READINESS_SCHEMA

SIZES = (1_000_000, 10_000_000)
SITES = 200
MODEL = "check_adverse_event"
# What a record holds: column -> SQL over its number `i`; `pick(i, n, k)` is a number below n, other for each k.
FILLED = {
    "site": "printf('%03d', pick(i, {sites}, 1))",
    "subject": "printf('%06d', i // 12)",
    "USUBJID": "printf('ST-%06d', i // 12)",
    "record": "printf('R%09d', i)",
    "source_file": "printf('ST/%03d/edc/AE.csv', pick(i, {sites}, 1))",
    "source_row": "i",
    "dataset": "'AE'",
    "AETERM": "if(pick(i, 500, 2) = 0, NULL, printf('TERM %d', pick(i, 900, 3)))",
    "AEDECOD": "if(pick(i, 400, 4) = 0, NULL, printf('Term %d', pick(i, 300, 5)))",
    "AESTDTC": "if(pick(i, 50, 6) = 0, '2024-03', strftime(DATE '2024-01-01' + pick(i, 300, 7)::INTEGER, '%Y-%m-%d'))",
    "AEENDTC": "if(pick(i, 3, 8) = 0, NULL, strftime(DATE '2024-01-01' + (pick(i, 300, 7) + pick(i, 90, 9))::INTEGER"
    " - if(pick(i, 300, 10) = 0, 100, 0), '%Y-%m-%d'))",
    "consent_date": "strftime(DATE '2024-01-01' - pick(i, 30, 11)::INTEGER + if(pick(i, 200, 12) = 0, 60, 0),"
    " '%Y-%m-%d')",
    "AESEV": "['MILD', 'MODERATE', 'SEVERE', NULL, 'mild'][1 + if(pick(i, 100, 13) = 0, 4, pick(i, 4, 14))]",
    "AETOXGR": "['1', '2', '3', '4', '5', 'x'][1 + if(pick(i, 300, 15) = 0, 5, pick(i, 5, 16))]",
    "AESER": "['Y', 'N', 'U'][1 + if(pick(i, 250, 17) = 0, 2, pick(i, 2, 18))]",
    "AEREL": "if(pick(i, 150, 19) = 0, NULL, 'RELATED')",
    "AEACN": "if(pick(i, 120, 20) = 0, NULL, 'DOSE NOT CHANGED')",
    "AEOUT": "['RECOVERED/RESOLVED', 'NOT RECOVERED/NOT RESOLVED', 'FATAL', NULL][1 + pick(i, 4, 21)]",
    "AESDTH": "if(pick(i, 90, 22) = 0, 'Y', 'N')",
    "AEDTHDTC": "if(pick(i, 4, 23) = 0, NULL, '2024-12-01')",
    "AESHOSP": "if(pick(i, 40, 24) = 0, 'Y', NULL)",
    "AESLIFE": "if(pick(i, 60, 25) = 0, 'Y', NULL)",
    "days_since_collection": "pick(i, 120, 26)",
    "entry_count": "1 + (pick(i, 500, 27) = 0)::INTEGER",
}


def lay(home: Home, rows: int) -> None:
    """Write the study, and a warehouse in which its adverse events are ready to be checked."""
    write_study(home)
    home.warehouse.mkdir(parents=True, exist_ok=True)
    home.warehouse_file(STUDY).unlink(missing_ok=True)
    columns = load_check_models()[MODEL].columns
    filled = {name: sql.format(sites=SITES) for name, sql in FILLED.items()}
    select = ", ".join(f'CAST({filled.get(name, "NULL")} AS {kind}) AS "{name}"' for name, kind in columns.items())
    with duckdb.connect(home.warehouse_file(STUDY)) as connection:
        connection.execute(date_functions_sql())
        connection.execute("CREATE TEMP MACRO pick(i, n, k) AS CAST(hash(i * 64 + k) % n AS BIGINT)")
        connection.execute("CREATE SCHEMA checks; CREATE SCHEMA settings; CREATE SCHEMA quality")
        connection.execute("CREATE TABLE quality.subject_status(site VARCHAR, subject VARCHAR, open_queries BIGINT)")
        columns = ", ".join(f"{name} {'BIGINT' if name == 'source_row' else 'VARCHAR'}" for name in READINESS_SCHEMA)
        connection.execute(f"CREATE TABLE quality.site_readiness({columns})")
        connection.execute(f"CREATE TABLE checks.{MODEL} AS SELECT {select} FROM range({rows}) AS numbers(i)")
        connection.execute(
            "CREATE TABLE settings.site AS SELECT printf('%03d', i) AS site, 'landing' AS seen_in"
            f" FROM range({SITES}) AS numbers(i)"
        )
        connection.execute(
            "CREATE TABLE settings.availability(site VARCHAR, dataset VARCHAR, variable VARCHAR, delivered BOOLEAN,"
            " reason VARCHAR)"
        )


def validate_with_siteproof(home: Home, out: Path) -> dict[str, float]:
    """Validate as a run does, and write counts and failing rows; return the seconds of imports and of the work."""
    began = time.perf_counter()
    load_great_expectations()
    imported = time.perf_counter()
    study = load_study(home.study_file(STUDY))
    outcome = validate_study(home, study, suites_dir=home.root / "expectations")
    outcome.verdicts.select("check_id", "site", "evaluated", "failed").write_parquet(out / "counts.parquet")
    outcome.failing_rows.write_parquet(out / "rows.parquet")
    return {"imports": imported - began, "work": time.perf_counter() - imported}


def validate_with_sql(home: Home, out: Path) -> dict[str, float]:
    """Give the same with two hand-written queries: failing rows in one scan, counts of the populations in another."""
    began = time.perf_counter()
    failed = ", ".join(f"CASE WHEN ({rule.applies}) AND ({rule.fails}) THEN {i} END" for i, rule in enumerate(RULES))
    names = ", ".join(f"'{rule.check_id}'" for rule in RULES)
    severities = ", ".join(f"'{rule.severity}'" for rule in RULES)
    messages = " ".join(f"WHEN {i} THEN {rule.message_sql}" for i, rule in enumerate(RULES))
    populations = ", ".join(f"count(*) FILTER (WHERE {rule.applies})" for rule in RULES)
    with duckdb.connect(home.warehouse_file(STUDY), read_only=True) as connection:
        connection.execute(f"""
            CREATE TEMP TABLE failing AS
            SELECT site, subject, [{names}][rule + 1] AS check_id, 'data_entry' AS category,
                [{severities}][rule + 1] AS severity, dataset, record, CASE rule {messages} END AS message,
                source_file, source_row
            FROM (SELECT *, unnest([{failed}]) AS rule FROM checks.{MODEL})
            WHERE rule IS NOT NULL
        """)
        connection.execute(f"COPY failing TO '{out / 'rows.parquet'}'")
        connection.execute(f"""
            COPY (
                WITH populations AS (
                    SELECT site, unnest([{names}]) AS check_id, unnest(evaluated) AS evaluated
                    FROM (SELECT site, [{populations}] AS evaluated FROM checks.{MODEL} GROUP BY site)
                ), failures AS (SELECT site, check_id, count(*) AS failed FROM failing GROUP BY ALL)
                SELECT check_id, site, evaluated, coalesce(failed, 0) AS failed
                FROM populations LEFT JOIN failures USING (site, check_id)
            ) TO '{out / "counts.parquet"}'
        """)
    return {"imports": 0.0, "work": time.perf_counter() - began}


def assert_same(ours: Path, sql: Path) -> int:
    """Raise AssertionError when the two sides did not give the same; return the number of failing rows."""
    columns = "site, subject, check_id, category, severity, dataset, record, message, source_file, source_row"
    for name, wanted in (("counts", "check_id, site, evaluated, failed"), ("rows", columns)):
        one, other = (f"(SELECT {wanted} FROM '{folder / name}.parquet')" for folder in (ours, sql))
        differing = duckdb.sql(
            f"SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"
        )
        ((count,),) = differing.fetchall()
        if count:
            raise AssertionError(f"{count} {name} differ")
    ((rows,),) = duckdb.sql(f"SELECT count(*) FROM '{ours / 'rows.parquet'}'").fetchall()
    return int(rows)


def compare(rows: int, scratch: Path) -> list[list[str]]:
    """Measure both sides on a table of this many rows; return the lines of the results' table."""
    home = Home(scratch / str(rows))
    lay(home, rows)
    measured: dict[str, tuple[Measurement, dict[str, float]]] = {}
    for side in ("sql", "ours"):
        out = home.root / side
        out.mkdir()
        command = [sys.executable, "-m", "benchmarks.validate", "--side", side, "--home", str(home.root)]
        result = measure(command)
        measured[side] = result, json.loads(result.output)
    failing = assert_same(home.root / "ours", home.root / "sql")
    home.warehouse_file(STUDY).unlink()
    base = measured["sql"][1]["work"]
    return [
        [
            f"{rows:,}", f"{failing:,}", name, f"{parts['work']:.1f} s", f"{parts['work'] / base:.2f}",
            f"{parts['imports']:.1f} s", f"{result.cpu:.1f} s", f"{result.peak_bytes / 2**20:,.0f} MiB",
        ]
        for name, (result, parts) in zip(("SQL by hand", "validate room"), measured.values(), strict=True)
    ]  # fmt: skip


def main() -> None:
    """Run the benchmark, or one side of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes of the table")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file whose section is replaced")
    parser.add_argument("--side", choices=("ours", "sql"), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        side = validate_with_siteproof if given.side == "ours" else validate_with_sql
        print(json.dumps(side(Home(given.home), given.home / given.side)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        lines = [line for rows in given.rows for line in compare(rows, Path(scratch))]
    header = ["rows", "failing rows", "by", "time", "ratio", "imports, apart", "processor, all", "peak memory"]
    text = f"{len(RULES)} checks, {SITES} sites; counts of each check and site and all failing rows written, and equal."
    keep_section("Validation of one large table", [text, "", *table(header, lines)], given.results)


if __name__ == "__main__":
    main()
