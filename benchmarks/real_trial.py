"""Runs a whole real trial in a fresh home, against DuckDB reading the same files as text into tables.

The trial is AA-AA-000-0000: 101 sites, 1,419 CSV files, 188 MB, 1.9 million rows. DuckDB reads first and again at the
end, and the better of the two counts, so that no side has the files in the system's cache alone. A simulated study of
one site and one subject, run as well, tells how much of a run has nothing to do with the number of rows.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.measurement import RESULTS, SITEPROOF, Measurement, keep_section, measure, table
from pipelines.settings import PROJECT_ROOT, Home
from pipelines.simulate import simulate_portfolio
from pipelines.sql_text import quote_name, quote_text

STUDY = "AA-AA-000-0000"
UNPACK = PROJECT_ROOT.parent / "shared" / "data" / "unpack-real-exports"
_STEP = re.compile(r"^  (\w+) +(\d+\.\d) s", re.MULTILINE)


def prepare(home: Home, study: str, exports: Path) -> None:
    """Lay the study's configuration and its landing into an empty home; the exports are linked, not copied."""
    home.study_file(study).parent.mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "examples" / "studies" / study / "study.yml", home.study_file(study))
    home.landing.mkdir()
    (home.landing / study).symlink_to(exports / study / "landing", target_is_directory=True)


def read_with_duckdb(landing: Path, database: Path) -> int:
    """Read every file as text, those of one name into one table; return the number of rows."""
    rows = 0
    with duckdb.connect(database) as connection:
        for name in sorted({path.relative_to(path.parents[1]) for path in landing.glob("*/*/*.csv")}):
            connection.execute(
                f"CREATE TABLE {quote_name(str(name))} AS SELECT * FROM read_csv({quote_text(f'{landing}/*/{name}')},"
                " all_varchar = true, header = true, delim = ',', quote = '\"', filename = true)"
            )
            ((count,),) = connection.execute(f"SELECT count(*) FROM {quote_name(str(name))}").fetchall()
            rows += count
    return rows


def compare(study: str, exports: Path, scratch: Path) -> list[str]:
    """Measure both; return the lines of the section."""
    landing = exports / study / "landing"
    files = [path for path in landing.glob("*/*/*") if path.is_file()]
    readings = [_read(landing, scratch / "first.duckdb")]
    home = Home(scratch / "home")
    prepare(home, study, exports)
    run = measure([SITEPROOF, "run", study, "--home", str(home.root)])
    readings.append(_read(landing, scratch / "second.duckdb"))
    least = Home(scratch / "least")
    simulate_portfolio(least, studies=1, sites=1, subjects=1, seed=1, clean=True)
    smallest = measure([SITEPROOF, "run", "SIM-001", "--home", str(least.root)])
    reading = min(readings, key=lambda one: one.wall)
    steps = {name: float(seconds) for name, seconds in _STEP.findall(run.output)}
    size = sum(path.stat().st_size for path in files)
    rows = json.loads(reading.output)["rows"]
    return [
        f"{study}: {len(files):,} files, {size / 1e6:,.0f} MB, {rows:,} rows, a fresh home.",
        "",
        *table(
            ["what", "time", "ratio", "processor", "ratio", "peak memory"],
            [
                _line("DuckDB reads the files", reading, reading),
                _line("`siteproof run`", run, reading),
                _line("`siteproof run` of one site with one subject", smallest, reading),
            ],
        ),
        "",
        *table(
            ["step of the run", "time"],
            [
                *([name, f"{seconds:.1f} s"] for name, seconds in steps.items()),
                ["all else: start, loading, summary", f"{run.wall - sum(steps.values()):.1f} s"],
            ],
        ),
    ]


def _read(landing: Path, database: Path) -> Measurement:
    command = [sys.executable, "-m", "benchmarks.real_trial", "--read", str(landing), "--into", str(database)]
    measured = measure(command)
    database.unlink()
    return measured


def _line(what: str, measured: Measurement, base: Measurement) -> list[str]:
    return [
        what,
        f"{measured.wall:.1f} s", f"{measured.wall / base.wall:.2f}",
        f"{measured.cpu:.1f} s", f"{measured.cpu / base.cpu:.2f}",
        f"{measured.peak_bytes / 2**20:,.0f} MiB",
    ]  # fmt: skip


def main() -> None:
    """Run the benchmark, or only DuckDB's part of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default=STUDY, help="one of examples/studies")
    parser.add_argument("--exports", type=Path, help="the unpacked exports; by default they are unpacked now")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file whose section is replaced")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        print(json.dumps({"rows": read_with_duckdb(given.read, given.into)}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        exports = given.exports or Path(scratch) / "exports"
        if not given.exports:
            subprocess.run([UNPACK, exports], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own script
        lines = compare(given.study, exports, Path(scratch))
    keep_section("A whole run of a real trial", lines, given.results)


if __name__ == "__main__":
    main()
