"""The page in a real browser: filters and pages work, nothing is blocked or broken, and values stay text there too."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from lxml import html
from report_case import report_case
from test_report_injection import PAYLOADS

from pipelines.report.page import render_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def opened(page: str, folder: Path, address: str = "") -> tuple[html.HtmlElement, list[str]]:
    """Return the page as it stands after its script ran, and what the browser complained about."""
    file = folder / "index.html"
    file.write_text(page, encoding="utf-8")
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom",
        f"--user-data-dir={folder / 'profile'}", file.as_uri() + address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return html.document_fromstring(done.stdout), complaints


def shown(page: html.HtmlElement) -> list[html.HtmlElement]:
    return list(page.xpath("//table[@id='findings-table']/tbody/tr"))


def test_pages_and_totals(tmp_path: Path) -> None:
    page, complaints = opened(render_page(report_case(findings_at_a=250)), tmp_path)
    assert complaints == []
    assert len(shown(page)) == 100
    pager = page.get_element_by_id("findings-pager")
    assert pager.get("hidden") is None
    assert pager.find_class("count")[0].text == "Rows 1–100; 251 of 252 match"


@pytest.mark.parametrize(
    ("address", "finding_rows"),
    [
        ("#findings?group=adverse_events", ["SUBJECT 900000 APPEARS TWICE"]),
        ("#findings?check_id=DM-01&text=%20subject%201%20", ["SUBJECT 1 APPEARS TWICE"]),
        ("#findings?state=resolved&site=102", ["SUBJECT 700000 APPEARS TWICE"]),
        ("#findings?severity=minor", ["NO FINDING MATCHES."]),
    ],
)
def test_filters(address: str, finding_rows: list[str], tmp_path: Path) -> None:
    page, complaints = opened(render_page(report_case()), tmp_path, address)
    assert complaints == []
    told = [row.find_class("wide") or row.xpath("td") for row in shown(page)]
    assert [cells[0].text_content().upper() for cells in told] == finding_rows


def test_script_writes_the_same_rows_as_the_page_has_without_it(tmp_path: Path) -> None:
    case = report_case()
    rowless = case.findings.with_columns(source_row=pl.when(pl.col("source_row") > 1).then("source_row"))
    text = render_page(replace(case, findings=rowless))
    page, complaints = opened(text, tmp_path)
    assert complaints == []
    for table in ("findings-table", "deliveries-table"):
        written, served = (
            [[cell.text_content() for cell in row] for row in root.get_element_by_id(table).iter("tr")]
            for root in (page, html.document_fromstring(text))
        )
        assert written == served


def test_a_browser_builds_nothing_from_delivered_texts(tmp_path: Path) -> None:
    def shape(say: str, name: str) -> list[tuple[str, tuple[str, ...]]]:
        folder = tmp_path / name
        folder.mkdir()
        page, complaints = opened(render_page(report_case(lambda text: f"{text} {say}")), folder)
        assert complaints == []
        return [(str(element.tag), tuple(sorted(element.attrib))) for element in page.iter()]

    assert shape(" ".join(PAYLOADS), "payloads") == shape("harmless", "harmless")
