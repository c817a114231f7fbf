"""The page is swapped in whole: a failure leaves the page that was there."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_case import report_case

import pipelines.findings
import pipelines.ingest
import pipelines.validate
from pipelines.report import publication
from pipelines.report.page import render_page
from pipelines.settings import Home


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rooms before this one, answering with the small case."""
    case = report_case()
    monkeypatch.setattr(pipelines.findings, "read_run", lambda *_: case.run, raising=False)
    monkeypatch.setattr(pipelines.findings, "read_verdicts", lambda *_: case.verdicts, raising=False)
    monkeypatch.setattr(pipelines.findings, "read_findings", lambda *_: case.findings, raising=False)
    monkeypatch.setattr(pipelines.findings, "read_resolved", lambda *_: case.resolved, raising=False)
    monkeypatch.setattr(pipelines.findings, "read_sites", lambda *_: case.sites, raising=False)
    monkeypatch.setattr(pipelines.ingest, "read_deliveries", lambda *_: case.deliveries, raising=False)
    monkeypatch.setattr(pipelines.validate, "load_checks", lambda _: case.checks, raising=False)


@pytest.mark.usefixtures("published")
def test_report_is_written_where_the_home_keeps_reports(home: Home) -> None:
    case = report_case()
    path = publication.write_report(home, case.study)
    assert path == home.reports / "S-1" / "index.html"
    assert path.read_text(encoding="utf-8") == render_page(case)
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


@pytest.mark.usefixtures("published")
def test_a_failed_write_keeps_the_old_page(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    study = report_case().study
    path = publication.write_report(home, study)
    before = path.read_bytes()

    def full(_: Path, __: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        publication.write_report(home, study)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]
