"""One study's page: a single offline file, a pure function of the run, with nothing in it that data could switch on."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.foreign_text import with_codes
from pipelines.report.check_table import check_rows, gaps
from pipelines.report.heat_table import (
    group_label,
    heat_table,
    known_status,
    silent_sites,
    site_order,
    unlisted_sites,
)
from pipelines.report.open_deliveries import held_for_decision, maybe_foreign
from pipelines.report.packed_rows import (
    DELIVERY_ORDER,
    STATE_ORDER,
    ordered_deliveries,
    ordered_findings,
    packed,
)
from pipelines.report.report_input import SEVERITIES, ReportInput, judged_checks

PAGE_ROWS = 100
HERE = Path(__file__).parent

# In the order of the bar.
STATUS_WORDS = {
    "pass": "passed",
    "waived": "waived",
    "fail": "failed",
    "error": "error",
    "not_run": "not run",
    "not_applicable": "no records",
}


def render_page(report: ReportInput) -> str:
    """Return the page as HTML; the same input gives the same text."""
    findings = ordered_findings(report)
    deliveries = ordered_deliveries(report)
    checks = judged_checks(report)
    heat = heat_table(report)
    rows = check_rows(report)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            study=report.study,
            run=report.run,
            nonce=_nonce(report),
            css=_asset("page.css"),
            js=_asset("paged_table.js") + _asset("page.js"),
            heat=heat,
            unlisted=unlisted_sites(report),
            silent=silent_sites(report),
            check_rows=rows,
            gaps=gaps(report),
            checks=checks,
            sites=sorted((row.site for row in heat.rows), key=site_order),
            severities=SEVERITIES,
            # A finding may be graver or lighter than its check usually is (X-09: a new column is minor).
            open_by_severity=Counter(report.findings["severity"].to_list()),
            states=STATE_ORDER,
            state_counts=Counter(findings["state"].to_list()),
            verdict_bar=_verdict_bar(Counter(map(known_status, report.verdicts["status"].to_list()))),
            verdict_count=report.verdicts.height,
            findings_open=report.findings.height,
            findings_total=findings.height,
            findings_first=findings.head(min(PAGE_ROWS, report.findings.height)).to_dicts(),
            findings_json=packed(findings),
            held=held_for_decision(report),
            foreign=maybe_foreign(report),
            delivery_statuses=DELIVERY_ORDER,
            delivery_counts=Counter(deliveries["status"].to_list()),
            deliveries_total=deliveries.height,
            deliveries_first=deliveries.head(PAGE_ROWS).to_dicts(),
            deliveries_json=packed(deliveries),
            page_rows=PAGE_ROWS,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    environment.filters.update(
        number=number,
        moment=moment,
        day=day,
        label=group_label,
        where=where,
    )
    return environment


def visible(value: Any) -> Any:
    """Return a text with the characters written as their code that would rewrite what the reader sees around them."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return with_codes(value)
    return value


def number(value: int | None) -> str:
    """Return a count with its thousands set apart; blank where nothing was counted."""
    return "" if value is None else f"{value:,}"


def moment(text: str) -> str:
    """Return a UTC timestamp for reading: `2024-05-01T10:20:30Z` as `2024-05-01 10:20 UTC`; other text unchanged."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)?", text)
    return f"{match[1]} {match[2]} UTC" if match else text


def day(text: str) -> str:
    """Return the date of a timestamp; other text unchanged."""
    return text[:10] if re.match(r"\d{4}-\d\d-\d\d[T ]", text) else text


def where(source_file: str | None, study: str, site: str) -> str:
    """Return a source file below its site's folder, which the row names already."""
    return (source_file or "").removeprefix(f"{study}/{site}/")


def _nonce(report: ReportInput) -> str:
    # Not random, since equal inputs must give equal bytes; no delivered value can know it, as the run id is made from
    # the delivered bytes themselves.
    return hashlib.sha256(f"page {report.study.study} {report.run.run_id}".encode()).hexdigest()[:32]


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _verdict_bar(statuses: Counter[str]) -> list[dict[str, Any]]:
    """Return the verdicts by status as parts of a bar of width 1000."""
    total = statuses.total() or 1
    parts: list[dict[str, Any]] = []
    start = 0.0
    for status, words in STATUS_WORDS.items():
        width = 1000 * statuses[status] / total
        parts.append(
            {"status": status, "words": words, "n": statuses[status], "x": round(start, 2), "width": round(width, 2)}
        )
        start += width
    return parts
