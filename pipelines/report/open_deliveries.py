"""The deliveries that ask for somebody: held for a decision, or refused as what may be another study's data."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.ingest import may_be_foreign
from pipelines.report.report_input import ReportInput

_COLUMNS = ("site", "system", "file", "rows", "received_at", "reason")


def held_for_decision(report: ReportInput) -> list[dict[str, Any]]:
    """Return the held files with the keys of _COLUMNS, by site and file."""
    return _listed(report.deliveries.filter(pl.col("status") == "held"))


def maybe_foreign(report: ReportInput) -> list[dict[str, Any]]:
    """Return the refused files that may be another study's; of one that came again, what it was last."""
    return _listed(may_be_foreign(report.deliveries))


def _listed(deliveries: pl.DataFrame) -> list[dict[str, Any]]:
    return deliveries.select(_COLUMNS).sort("site", "system", "file", "received_at").to_dicts()
