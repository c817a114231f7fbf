"""Findings are looked up by site, subject and person; who has none is told from who is written wrongly."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.findings import FINDING_COLUMNS, findings_on, unknown_names
from pipelines.findings.runs import KEPT_COLUMNS


def kept(finding_id: str, site: str, subject: str | None, person: str | None) -> dict[str, str | None]:
    return dict.fromkeys(KEPT_COLUMNS) | {"finding_id": finding_id, "site": site, "subject": subject, "person": person}


FINDINGS = pl.DataFrame(
    [kept("a", "101", "101-001", None), kept("b", "101", None, "P1"), kept("c", "102", None, "P1")],
    schema=dict.fromkeys(KEPT_COLUMNS, pl.String),
)


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"site": None, "subject": None, "person": None}, ["a", "b", "c"]),
        ({"subject": "101-001"}, ["a"]),
        ({"person": "P1"}, ["b", "c"]),
        ({"person": "P1", "site": "102"}, ["c"]),
        ({"person": "P1", "subject": "101-001"}, []),
        ({"person": "P2"}, []),
    ],
)
def test_findings_are_on_all_that_is_named(about, found):
    selected = findings_on(FINDINGS, about)
    assert selected["finding_id"].to_list() == found
    assert selected.columns == FINDING_COLUMNS


def test_a_name_without_findings_is_told_with_the_nearest():
    assert unknown_names(FINDINGS, {"site": "101", "subject": "101-01", "person": None}) == [
        'there is no open finding on subject "101-01". Did you mean "101-001"?'
    ]
