"""A cell of sites by check groups is green only where all was evaluated and passed, and as grave as what was found."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from lxml import html
from report_case import MadeCheck, report_case

from pipelines.report.heat_table import heat_table
from pipelines.report.page import render_page
from pipelines.report.report_input import ReportInput


def cell_states(report: ReportInput) -> dict[tuple[str, str], str]:
    table = heat_table(report)
    return {
        (row.site, group): cell.state for row in table.rows for group, cell in zip(table.groups, row.cells, strict=True)
    }


def test_only_an_evaluated_cell_without_gaps_is_green() -> None:
    assert cell_states(report_case()) == {
        ("101", "demographics"): "critical", ("101", "adverse_events"): "major", ("101", "vital_signs"): "error",
        ("102", "demographics"): "pass", ("102", "adverse_events"): "part", ("102", "vital_signs"): "waived",
        ("9", "demographics"): "pass", ("9", "adverse_events"): "not_run", ("9", "vital_signs"): "no_records",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "state", "words"),
    [
        (["pass", "pass"], "pass", "0"),
        (["pass", "not_applicable"], "pass", "0"),
        (["pass", "not_run"], "part", "01 not run"),
        (["pass"], "part", "01 not run"),  # the second check has no verdict at all
        (["not_applicable", "not_run"], "not_run", "not run"),
        (["not_applicable", "not_applicable"], "no_records", "no records"),
        (["pass", "error"], "error", "error"),
        (["not_run", "error"], "error", "error1 not run"),
        (["fail", "not_run"], "minor", "71 not run"),
        (["fail", "error"], "error", "71 error"),
        (["pass", "unheard_of"], "error", "error"),
    ],
)
def test_cell_says_what_was_not_evaluated(statuses: list[str], state: str, words: str) -> None:
    checks = [MadeCheck("A-1", "a", "group", "minor"), MadeCheck("A-2", "b", "group", "minor")]
    rows = [
        ("101", check.id, status, 9, 7 if status == "fail" else 0, 0, "")
        for check, status in zip(checks, statuses, strict=False)
    ]
    verdicts = pl.DataFrame(rows, schema=report_case().verdicts.columns[:-1], orient="row")
    case = report_case()
    report = replace(case, verdicts=verdicts, checks=checks, findings=case.findings.clear())
    page = html.document_fromstring(render_page(report))
    cell = page.xpath("//table[@id='heat-table']/tbody/tr/td[starts-with(@class,'c ')]")[0]
    assert cell.get("class") == f"c c-{state}"
    assert cell.text_content() == words


def test_a_cell_is_as_grave_as_its_findings_not_as_their_check() -> None:
    """X-02 and others say of each finding how grave it is."""
    case = report_case()
    grave = pl.when(pl.col("check_id") == "AE-01").then(pl.lit("critical")).otherwise(pl.lit("minor"))
    report = replace(case, findings=case.findings.with_columns(grave.alias("severity")))
    states = cell_states(report)
    assert (states["101", "adverse_events"], states["101", "demographics"]) == ("critical", "minor")
    assert heat_table(report).critical == report.findings.filter(severity="critical").height == 1
