"""What of a study's deliveries asks for somebody: held for a decision, not read yet, or maybe another sponsor's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.orchestration.doctor import Examination
from pipelines.settings import Home
from pipelines.study import Study

# So many files are named; the others are counted.
_SHOWN = 3


def examine_deliveries(home: Home, study: Study) -> Iterator[Examination]:
    """Look at what was delivered and is not in use; a file that waits is no fault as long as its upload goes on."""
    from pipelines.ingest import delivered_files, may_be_foreign, read_deliveries, utc_now, waiting_files

    deliveries = delivered_files(read_deliveries(home, study.study))
    held = deliveries.filter(pl.col("status") == "held")
    if held.height:
        cure = f"look at `siteproof delivery changes {study.study}`, then siteproof delivery accept or reject"
        yield Examination(f"study {study.study}, held", False, f"wait for a decision: {_some(_names(held))}", cure)
    waiting = waiting_files(home, study, utc_now)
    if waiting:
        seen = _some([f"{one.site}/{one.file} ({one.why})" for one in waiting])
        cure = "the next run reads them when what they wait for is there; ask the site for it if they stay"
        yield Examination(f"study {study.study}, waiting", True, f"not read yet: {seen}", cure)
    foreign = may_be_foreign(deliveries)
    if foreign.height:
        cure = "tell your data protection officer, and have the site send its own file under this name"
        seen = f"may be another study's: {_some(_names(foreign))}"
        yield Examination(f"study {study.study}, security", False, seen, cure)


def _names(deliveries: pl.DataFrame) -> list[str]:
    return [f"{site}/{system}/{file}" for site, system, file in deliveries.select("site", "system", "file").iter_rows()]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
