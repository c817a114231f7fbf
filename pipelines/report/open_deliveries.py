"""The deliveries that ask for somebody: held for a decision, or refused as what may be another study's data."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.report.report_input import ReportInput

_COLUMNS = ("site", "system", "file", "rows", "received_at", "reason")


def held_for_decision(report: ReportInput) -> list[dict[str, Any]]:
    """Return the held files with the keys of _COLUMNS, by site and file."""
    return _listed(report.deliveries.filter(pl.col("status") == "held"))


def maybe_foreign(report: ReportInput) -> list[dict[str, Any]]:
    """Return the refused files that may be another study's; of one that came again, what it was last."""
    last = report.deliveries.sort("received_at", maintain_order=True).unique(
        ["site", "system", "file"], keep="last", maintain_order=True
    )
    return _listed(last.filter(pl.col("security") & (pl.col("status") == "refused")))


def _listed(deliveries: pl.DataFrame) -> list[dict[str, Any]]:
    return deliveries.select(_COLUMNS).sort("site", "system", "file", "received_at").to_dicts()
