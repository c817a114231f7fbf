"""Runs simulated studies of more and more sites: what each further row costs, and whether memory grows.

Starting costs the same at every size and varies by more than ten sites cost. So the cost of a row is taken between one
size and the next, where starting cancels out.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.measurement import RESULTS, SITEPROOF, Measurement, keep_section, measure, table
from pipelines.ingest import read_deliveries
from pipelines.settings import Home
from pipelines.simulate import simulate_portfolio

SITES = (10, 100, 1_000)
QUICK_SITES = (3, 10, 30)
STUDY = "SIM-001"


def run_study(sites: int, subjects: int, scratch: Path) -> tuple[int, Measurement]:
    """Simulate a study and run it in a fresh home; return its rows, and what the run cost."""
    home = Home(scratch / f"{sites}-sites-of-{subjects}")
    simulate_portfolio(home, studies=1, sites=sites, subjects=subjects, seed=1)
    measured = measure([SITEPROOF, "run", STUDY, "--home", str(home.root)])
    return sum(read_deliveries(home, STUDY)["rows"].drop_nulls()), measured


def compare(sizes: tuple[int, ...], subjects: int, scratch: Path) -> list[str]:
    """Measure every size; return the lines of the section."""
    lines: list[list[str]] = []
    further: list[float] = []
    before: tuple[int, Measurement] | None = None
    for sites in sizes:
        rows, run = run_study(sites, subjects, scratch)
        if before:
            further.append((run.cpu - before[1].cpu) / (rows - before[0]))
        lines.append(
            [
                f"{sites:,}",
                f"{rows:,}",
                f"{run.wall:.1f} s",
                f"{run.cpu:.1f} s",
                f"{further[-1] * 1e6:,.0f} µs" if further else "",
                f"{further[-1] / further[0]:.2f}" if further else "",
                f"{run.peak_bytes / 2**20:,.0f} MiB",
            ]
        )
        before = rows, run
    return [
        f"Simulated studies, {subjects} subjects a site.",
        "",
        *table(["sites", "rows", "time", "processor", "each further row", "ratio", "peak memory"], lines),
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, nargs="+", help="numbers of sites")
    parser.add_argument("--subjects", type=int, default=10, help="subjects a site")
    parser.add_argument("--quick", action="store_true", help="few sites, to see that it works")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file whose section is replaced")
    given = parser.parse_args()
    sizes = tuple(given.sites or (QUICK_SITES if given.quick else SITES))
    with tempfile.TemporaryDirectory() as scratch:
        lines = compare(sizes, given.subjects, Path(scratch))
    keep_section("From ten sites to a thousand", lines, given.results)


if __name__ == "__main__":
    main()
