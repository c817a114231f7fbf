"""Simulates one large study and runs it: what writing and judging it cost, in time, rows and memory.

A thousand sites of a hundred subjects are some 19 million rows: it takes half an hour on two cores.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.measurement import RESULTS, SITEPROOF, Measurement, keep_section, measure, table
from pipelines.findings import read_findings, read_verdicts
from pipelines.ingest import read_deliveries
from pipelines.settings import Home

STUDY = "SIM-001"


def simulate_and_run(sites: int, subjects: int, scratch: Path) -> list[str]:
    """Return the lines of the section on a study of so many sites, each with so many subjects."""
    home = Home(scratch / "home")
    size = ["--studies", "1", "--sites", str(sites), "--subjects", str(subjects), "--seed", "1"]
    written = measure([SITEPROOF, "simulate", *size, "--home", str(home.root)])
    run = measure([SITEPROOF, "run", STUDY, "--home", str(home.root)])
    rows = int(sum(read_deliveries(home, STUDY)["rows"].drop_nulls()))
    verdicts, findings = read_verdicts(home, STUDY).height, read_findings(home, STUDY).height
    return [
        f"{sites:,} sites of {subjects:,} subjects, {rows:,} rows: {verdicts:,} verdicts, {findings:,} findings.",
        "",
        *table(
            ["what", "time", "processor", "a row", "peak memory"],
            [_line("`siteproof simulate`", written, rows), _line("`siteproof run`", run, rows)],
        ),
    ]


def _line(what: str, cost: Measurement, rows: int) -> list[str]:
    per_row = f"{cost.cpu / rows * 1e6:,.0f} µs"
    return [what, f"{cost.wall:,.0f} s", f"{cost.cpu:,.0f} s", per_row, f"{cost.peak_bytes / 2**20:,.0f} MiB"]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1_000, help="number of sites")
    parser.add_argument("--subjects", type=int, default=100, help="subjects a site")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file whose section is replaced")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        lines = simulate_and_run(given.sites, given.subjects, Path(scratch))
    keep_section("One large simulated study", lines, given.results)


if __name__ == "__main__":
    main()
