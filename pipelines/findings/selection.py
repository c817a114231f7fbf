"""Looks up findings by what they are about: a site, a subject, a person of the staff. Pure."""

from __future__ import annotations

from typing import Literal

import polars as pl

from pipelines.errors import did_you_mean
from pipelines.findings.runs import FINDING_COLUMNS

About = Literal["site", "subject", "person"]


def findings_on(findings: pl.DataFrame, about: dict[About, str | None]) -> pl.DataFrame:
    """Return the findings on a site, a subject or a person, or on what several of these name together.

    Args:
        findings: one row each, columns as KEPT_COLUMNS.
        about: what they are to be on: a site's id, a subject as the site knows it, the id of a person in the site's
            list of staff; None where it does not matter.

    Returns:
        Columns as FINDING_COLUMNS; no rows where there is no finding.
    """
    for column, wanted in about.items():
        if wanted is not None:
            findings = findings.filter(pl.col(column) == wanted)
    return findings.select(FINDING_COLUMNS)


def unknown_names(findings: pl.DataFrame, about: dict[About, str | None]) -> list[str]:
    """Return a sentence for each name that no finding is on: it may be clean, or written wrongly."""
    sentences = []
    for column, wanted in about.items():
        known = findings[column].drop_nulls().unique().sort().to_list()
        if wanted is not None and wanted not in known:
            sentences.append(f'there is no open finding on {column} "{wanted}".{did_you_mean(wanted, known)}')
    return sentences
