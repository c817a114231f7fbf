"""Where the page is written: read the current run, render, and swap the new page in whole."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.report.page import render_page
from pipelines.report.report_input import ReportInput
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.study import Study


def write_report(home: Home, study: Study) -> Path:
    """Write reports/<STUDY>/index.html from the study's current run and return its path.

    Raises:
        UserError: the study has not been run yet.
    """
    # Read here and not at the top: rendering a page must not load the rooms that hold the store and the suites.
    from pipelines.findings import read_findings, read_resolved, read_run, read_sites, read_verdicts
    from pipelines.ingest import delivered_files, read_deliveries
    from pipelines.validate import load_checks

    report = ReportInput(
        study=study,
        run=read_run(home, study.study),
        verdicts=read_verdicts(home, study.study),
        findings=read_findings(home, study.study),
        resolved=read_resolved(home, study.study),
        deliveries=delivered_files(read_deliveries(home, study.study)),
        sites=read_sites(home, study.study),
        checks=load_checks(EXPECTATIONS_DIR),
    )
    # A lone surrogate, which a configured title could hold, is shown as its code instead of stopping the page.
    content = render_page(report).encode("utf-8", "backslashreplace")
    path = home.reports / study.study / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
