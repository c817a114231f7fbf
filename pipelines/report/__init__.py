"""The report room: a study's findings as pages for people; pure functions, and one writer."""

from pipelines.report.page import render_page
from pipelines.report.publication import write_report
from pipelines.report.report_input import ReportInput

__all__ = ["ReportInput", "render_page", "write_report"]
