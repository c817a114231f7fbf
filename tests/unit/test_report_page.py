"""The page's numbers are the run's numbers, nothing unevaluated looks passed, and the same run gives the same bytes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import polars as pl
from lxml import html
from report_case import MadeCheck, report_case

from pipelines.report.check_table import NO_VERDICT, check_rows, gaps, share
from pipelines.report.heat_table import heat_table, site_order
from pipelines.report.packed_rows import DELIVERY_COLUMNS, FINDING_COLUMNS, packed
from pipelines.report.page import day, moment, render_page, visible
from pipelines.report.report_input import ReportInput


def page_of(report: ReportInput) -> html.HtmlElement:
    return html.document_fromstring(render_page(report))


def unpacked(page: html.HtmlElement, element_id: str) -> list[dict[str, Any]]:
    block = json.loads(page.get_element_by_id(element_id).text)
    columns = {
        name: [column["values"][code] for code in column["codes"]] if "codes" in column else column["values"]
        for name, column in block["columns"].items()
    }
    return [{name: values[row] for name, values in columns.items()} for row in range(block["rows"])]


def count(text: str) -> int:
    return int(text.replace(",", ""))


def test_totals_are_the_verdicts_sums() -> None:
    report = report_case(findings_at_a=1234)
    failed = int(report.verdicts["failed"].sum())
    assert failed == 1235
    page = page_of(report)
    assert count(page.get_element_by_id("total-open").text) == failed
    footer = [count(td.text_content()) for td in page.xpath("//table[@id='heat-table']/tfoot/tr/td")[:-1]]
    assert footer == [failed, 1234, 1234, 1, 0, 1]
    cells = page.xpath("//table[@id='heat-table']/tbody//td[contains(@class,'total')]")
    assert sum(count(cell.text_content()) for cell in cells) == failed
    totals = page.xpath("//table[@id='checks-table']/tfoot//td")
    assert [count(td.text_content() or "0") for td in totals] == [
        int(report.verdicts["evaluated"].sum()), failed, 0, 4, 1, 1,
    ]  # fmt: skip
    by_severity = [count(b.text) for b in page.xpath("//div[contains(@class,'lead')]//li/b")]
    assert by_severity == [1234, 1, 0]


def test_head_says_study_run_and_movement() -> None:
    page = page_of(report_case())
    head = page.xpath("//header")[0].text_content()
    for said in ("A trial", "A sponsor", "2026-03-04 05:06 UTC", "run-2", "run-1"):
        assert said in head
    figures = {figure.find("span").text: count(figure.find("b").text) for figure in page.find_class("figure")}
    assert figures == {
        "open findings": 3, "new since the previous run": 1, "persisting": 2, "resolved": 1,
        "sites": 3, "files accepted": 2, "files refused": 1,
    }  # fmt: skip


def test_every_finding_is_in_the_page() -> None:
    report = report_case(findings_at_a=250)
    page = page_of(report)
    everything = pl.concat([report.findings, report.resolved]).select(FINDING_COLUMNS)
    told = unpacked(page, "findings-data")
    assert sorted(told, key=lambda row: row["finding_id"]) == everything.sort("finding_id").to_dicts()
    assert [row["state"] == "resolved" for row in told] == [False] * 251 + [True]
    assert len(page.xpath("//table[@id='findings-table']/tbody/tr")) == 100
    first = page.xpath("//table[@id='findings-table']/tbody/tr")[0].text_content()
    assert first == "criticalDM-011010DMDM row 0Subject 0 appears twiceedc/DM.csv:1new2026-02-01"


def test_a_finding_about_a_whole_file_names_no_row() -> None:
    case = report_case()
    report = replace(case, findings=case.findings.with_columns(source_row=pl.lit(None, pl.Int64)))
    cells = page_of(report).find_class("source")
    assert [cell.text for cell in cells] == ["edc/DM.csv"] * 3


def test_every_delivery_is_in_the_page_refused_first() -> None:
    report = report_case()
    told = unpacked(page_of(report), "deliveries-data")
    assert told[0]["status"] == "refused"
    assert len(told) == report.deliveries.height
    assert set(told[0]) == set(DELIVERY_COLUMNS)


def with_deliveries(status: str, reason: str, *, security: bool = False) -> ReportInput:
    """The case, whose first file has another status."""
    case = report_case()
    is_first = pl.int_range(pl.len()) == 0
    changed = case.deliveries.with_columns(
        status=pl.when(is_first).then(pl.lit(status)).otherwise("status"),
        reason=pl.when(is_first).then(pl.lit(reason)).otherwise("reason"),
        security=pl.when(is_first).then(pl.lit(security)).otherwise("security"),
    )
    return replace(case, deliveries=changed)


def test_a_held_file_is_something_to_decide() -> None:
    report = with_deliveries("held", "row_drop: DM has 40 rows, the current one 80")
    page = page_of(report)
    (row,) = page.get_element_by_id("held-table").xpath("./tbody/tr")
    site, file = report.deliveries.row(0, named=True)["site"], "edc/DM.csv"
    assert [cell.text for cell in row] == [
        site,
        file,
        "40",
        "2026-03-01 00:00 UTC",
        "row_drop: DM has 40 rows, the current one 80",
    ]
    assert "siteproof delivery accept" in page.get_element_by_id("held").text_content()
    assert unpacked(page, "deliveries-data")[0]["status"] == "held"


def test_what_may_be_another_study_s_is_said_at_the_top_as_long_as_it_is_so() -> None:
    report = with_deliveries("refused", "study_mismatch: row 3 names another study", security=True)
    assert "Security: 1 file refused" in page_of(report).get_element_by_id("held").text_content()
    first = report.deliveries.head(1)
    mended = first.with_columns(status=pl.lit("accepted"), security=False, received_at=pl.lit("2026-03-02T00:00:00Z"))
    later = replace(report, deliveries=pl.concat([report.deliveries, mended]))
    assert page_of(later).find(".//section[@id='held']") is None


def test_where_nothing_is_to_decide_nothing_is_said_of_it() -> None:
    page = page_of(report_case())
    assert page.find(".//section[@id='held']") is None
    assert "files held" not in page.text_content()


def test_rows_that_repeat_another_are_told_beside_the_number_of_rows() -> None:
    rows = page_of(report_case()).get_element_by_id("deliveries-table").xpath(".//td[@class='n']")
    assert [(cell.text, [small.text for small in cell.iter("small")]) for cell in rows] == [
        (None, []),
        ("10", []),
        ("40", ["3 repeated"]),
        (None, []),
    ]


def test_what_was_not_evaluated_is_listed_with_its_sites() -> None:
    found = gaps(report_case())
    said = {
        status: [(gap.check.id, gap.reason, gap.sites, gap.everywhere) for gap in listed]
        for status, listed in found.items()
    }
    assert said == {
        "error": [("VS-01", "Binder Error", ("101",), False)],
        "not_run": [
            ("AE-01", "AE not delivered", ("9",), False),
            ("AE-02", "AE not delivered", ("9", "101", "102"), True),
        ],
        "not_applicable": [("VS-01", "no records", ("9",), False)],
    }
    assert list(said) == ["error", "not_run", "not_applicable"]


def test_a_missing_verdict_is_a_gap_and_an_unknown_check_is_kept() -> None:
    case = report_case()
    newcomer = MadeCheck("ZZ-01", "New", "new", "minor")
    checks = [*(check for check in case.checks if check.id != "DM-01"), newcomer]
    report = replace(case, checks=checks)
    rows = {row.check.id: row for row in check_rows(report)}
    assert rows["ZZ-01"].sites_not_run == 3
    assert rows["DM-01"].failed == 2
    assert rows["DM-01"].check.severity == "critical"
    assert heat_table(report).total == int(report.verdicts["failed"].sum())
    assert [gap.sites for gap in gaps(report)["not_run"] if gap.reason == NO_VERDICT] == [("9", "101", "102")]
    assert "no longer in the catalogue" in render_page(report)


def test_same_run_gives_same_bytes_whatever_the_order_of_rows() -> None:
    report = report_case(findings_at_a=30)
    shuffled = replace(
        report,
        verdicts=report.verdicts.sample(fraction=1, shuffle=True, seed=3),
        findings=report.findings.sample(fraction=1, shuffle=True, seed=3),
        deliveries=report.deliveries.reverse(),
    )
    assert render_page(report) == render_page(shuffled)


def test_an_empty_run_renders() -> None:
    case = report_case()
    report = replace(
        case, verdicts=case.verdicts.clear(), findings=case.findings.clear(), resolved=case.resolved.clear(),
        deliveries=case.deliveries.clear(),
    )  # fmt: skip
    text = page_of(report).text_content()
    assert "No open findings." in text
    assert "Nothing was received." in text


def test_content_security_policy_allows_only_our_own_nonce() -> None:
    page = page_of(report_case())
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    nonce = re.search(r"'nonce-([0-9a-f]{32})'", policy)
    assert nonce
    assert policy.startswith(
        f"default-src 'none'; style-src 'nonce-{nonce[1]}'; script-src 'nonce-{nonce[1]}'; img-src data:;"
    )
    assert {element.get("nonce") for element in page.xpath("//script | //style")} == {nonce[1]}
    assert not page.xpath("//*[@style]")


def test_nothing_outside_is_referred_to() -> None:
    text = render_page(report_case())
    page = html.document_fromstring(text)
    links = [value for name in ("src", "href", "action", "srcset") for value in page.xpath(f"//*/@{name}")]
    assert {re.split("[#,]", link)[0] for link in links} == {"", "data:"}
    assert "url(" not in text
    assert "@import" not in text
    assert "http:" not in text
    assert "https:" not in text


def test_tables_name_their_headers() -> None:
    page = page_of(report_case())
    assert page.xpath("//th")
    assert not page.xpath("//th[not(@scope)]")


def test_packed_rows_cannot_leave_their_element() -> None:
    frame = pl.DataFrame({"a": ["</script><!--\u2028\u2029&"] * 4, "b": [1, None, 3, 4]})
    text = packed(frame)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {
        "rows": 4,
        "columns": {"a": {"values": [frame["a"][0]], "codes": [0] * 4}, "b": {"values": [1, None, 3, 4]}},
    }


def test_words_for_people() -> None:
    assert sorted(["10", "9", "A2", "A10", "1"], key=site_order) == ["1", "9", "10", "A2", "A10"]
    assert [share(0, 0), share(0, 9), share(1, 9999), share(1, 8)] == ["–", "0.0 %", "< 0.1 %", "12.5 %"]
    assert moment("2026-01-02T03:04:05.123456+00:00") == "2026-01-02 03:04 UTC"
    assert moment("yesterday") == "yesterday"
    assert [day("2026-01-02T03:04:05Z"), day("run 7")] == ["2026-01-02", "run 7"]
    assert visible("a\u202eb\x00") == "a\\u202eb\\u0000"


def test_sites_on_no_list_and_silent_sites_are_named() -> None:
    page = " ".join(page_of(report_case()).text_content().split())
    assert "1 site delivering, but on no site list (CTMS or study.yml): 102." in page
    assert "1 site on the site list, but nothing delivered: 9." in page
