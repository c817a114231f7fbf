"""Long tables as compact JSON in the page: ordered as read, coded by column, unable to break out of their element."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from pipelines.report.report_input import SEVERITIES, ReportInput, judged_checks

FINDING_COLUMNS = (
    "state", "severity", "check_id", "site", "subject", "dataset", "record", "message",
    "source_file", "source_row", "first_seen", "finding_id",
)  # fmt: skip
DELIVERY_COLUMNS = ("status", "site", "system", "file", "rows", "repeated_rows", "received_at", "reason")
STATE_ORDER = ("new", "persisting", "resolved")
DELIVERY_ORDER = ("held", "refused", "accepted", "duplicate", "superseded")

# Inside <script> only these can end the element, open a comment or end a JavaScript line; JSON may write each escaped.
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def ordered_findings(report: ReportInput) -> pl.DataFrame:
    """Return open findings (critical first, new before persisting, then by check and site), then resolved ones."""
    checks = [check.id for check in judged_checks(report)]
    findings = pl.concat([frame.select(FINDING_COLUMNS) for frame in (report.findings, report.resolved)])
    return findings.sort(
        pl.col("state") == "resolved",
        _place("severity", SEVERITIES),
        _place("state", STATE_ORDER),
        _place("check_id", checks),
        "site",
        "source_file",
        "source_row",
        "finding_id",
        nulls_last=True,
    )


def ordered_deliveries(report: ReportInput) -> pl.DataFrame:
    """Return the files received: held ones first, then refused ones, then by site and file."""
    deliveries = report.deliveries.select(DELIVERY_COLUMNS).with_columns(pl.col("received_at").cast(pl.String))
    return deliveries.sort(
        _place("status", DELIVERY_ORDER), "site", "system", "file", "received_at", nulls_last=True, maintain_order=True
    )


def packed(frame: pl.DataFrame) -> str:
    """Return a frame as JSON: `{rows, columns: {name: {values, codes?}}}`; with codes, `values` are distinct."""
    columns = {name: _packed_column(frame[name]) for name in frame.columns}
    text = json.dumps({"rows": frame.height, "columns": columns}, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def _packed_column(column: pl.Series) -> dict[str, list[Any]]:
    values = column.to_list()
    codes: dict[Any, int] = {}
    coded = [codes.setdefault(value, len(codes)) for value in values]
    if column.dtype.is_numeric() or 2 * len(codes) > len(values):
        return {"values": values}
    return {"values": list(codes), "codes": coded}


def _place(column: str, order: tuple[str, ...] | list[str]) -> pl.Expr:
    # Unknown words sort first: what we do not expect should be seen.
    places = {word: index for index, word in enumerate(order)}
    return pl.col(column).replace_strict(places, default=-1, return_dtype=pl.Int32)
