"""What each site delivered, told as datasets and variables, and what the deliveries themselves say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mapped_rows import STUDY, study_of, study_of_ae

from pipelines.ingest import CurrentDelivery, ingest_site
from pipelines.settings import Home
from pipelines.standardize.availability import Availability, list_availability
from pipelines.standardize.delivery_facts import (
    Refusals,
    RefusedFile,
    dataset_of_source,
    find_refusals,
    list_deliveries,
)
from pipelines.study import Study
from pipelines.vocabulary import load_vocabulary


def delivered(site: str, source: str, *columns: str, rows: int = 1, previous: int | None = None) -> CurrentDelivery:
    return CurrentDelivery(
        site=site, source=source, system="edc", file=f"{source}.csv", source_file=f"{STUDY}/{site}/edc/{source}.csv",
        sha256="0", rows=rows, columns=columns, received_at="2026-01-02T08:00:00Z", rows_path=Path("rows.parquet"),
        previous_rows=previous,
    )  # fmt: skip


def availability(
    study: Study,
    *deliveries: CurrentDelivery,
    sites: tuple[str, ...] = ("101",),
    refusals: Refusals = {},  # noqa: B006 - only read
) -> dict[Any, Availability]:
    entries = list_availability(study, load_vocabulary(), deliveries, sites, refusals)
    assert len(entries) == len(sites) * sum(len(dataset.variables) + 1 for dataset in load_vocabulary().values())
    found = {(entry.site, entry.dataset, entry.variable): entry for entry in entries}
    assert len(found) == len(entries)
    assert all(entry.delivered == (entry.reason == "") for entry in entries)
    return found


AE = study_of_ae(
    {
        "AETERM": "term",
        "AEDECOD": {"value": "x"},
        "AEOUT": {"sql": 'upper(OUT) || "Out 2"'},
        "AESTDTC": {"year": "y", "month": "m"},
    }
)


@pytest.mark.parametrize(
    ("variable", "columns", "reason"),
    [
        ("", ("subj",), ""),
        ("AETERM", ("subj", "TERM"), ""),
        ("AETERM", ("subj",), "AE.AETERM: the file has no column term"),
        ("AEDECOD", ("subj",), ""),
        ("AEOUT", ("out", "OUT 2"), ""),
        ("AEOUT", ("subj",), "AE.AEOUT: the file has no column OUT, Out 2"),
        ("AESTDTC", ("y",), "AE.AESTDTC: the file has no column m"),
        ("AESEV", ("subj",), "AE.AESEV is not mapped in study.yml"),
    ],
)
def test_a_variable_is_delivered_when_its_columns_are(variable: str, columns: tuple[str, ...], reason: str) -> None:
    found = availability(AE, delivered("101", "AE", *columns))
    assert found["101", "AE", variable].reason == reason


def test_a_site_that_delivers_nothing_is_told_apart_from_one_that_does() -> None:
    found = availability(AE, delivered("101", "AE", "subj", "term"), sites=("101", "102"))
    assert found["101", "AE", ""].delivered
    assert found["102", "AE", ""].reason == "AE was not delivered"
    assert found["102", "AE", "AETERM"].reason == "AE was not delivered"
    assert found["102", "AE", "AESEV"].reason == "AE.AESEV is not mapped in study.yml"
    assert found["101", "VS", ""].reason == "VS is not mapped in study.yml"


def test_a_dataset_whose_only_file_was_refused_says_so() -> None:
    refused = {("101", "AE"): RefusedFile("f", "missing_column", "the file has no column subj", "2026-01-02T08:00:00Z")}
    found = availability(AE, sites=("101", "102"), refusals=refused)
    assert found["101", "AE", ""].reason == "AE was refused (missing_column)"
    assert found["101", "AE", "AETERM"].reason == "AE was refused (missing_column)"
    assert found["102", "AE", ""].reason == "AE was not delivered"
    # An older file that was accepted stays in use.
    assert availability(AE, delivered("101", "AE", "subj", "term"), refusals=refused)["101", "AE", ""].delivered


def test_of_two_sources_one_is_enough_and_the_other_is_named() -> None:
    sources = {"A": {"path": "edc/A.csv"}, "B": {"path": "edc/B.csv"}}
    mappings = [
        {"from": "A", "variables": {"AETERM": "a"}},
        {"from": "B", "variables": {"AETERM": "b", "AESEV": "sev"}},
    ]
    study = study_of(sources, {"AE": mappings})
    only_a = availability(study, delivered("101", "A", "a"))
    assert only_a["101", "AE", "AETERM"].delivered
    assert only_a["101", "AE", "AESEV"].reason == "AE.AESEV: B was not delivered"
    b_refused = {("101", "B"): RefusedFile("f", "ragged_row", "line 3 has 2 fields", "2026-01-02T08:00:00Z")}
    found = availability(study, delivered("101", "A", "a"), refusals=b_refused)
    assert found["101", "AE", "AESEV"].reason == "AE.AESEV: B was refused (ragged_row)"
    both = availability(study, delivered("101", "A", "x"), delivered("101", "B", "b"))
    assert both["101", "AE", "AETERM"].delivered
    assert both["101", "AE", "AESEV"].reason == "AE.AESEV: the file has no column sev"


def test_of_measurements_each_column_is_asked_for() -> None:
    measurements = [
        {"testcd": "SYSBP", "test": "s", "result": "sys"},
        {"testcd": "DIABP", "test": "d", "result": "dia"},
    ]
    study = study_of({"VS": {"path": "edc/VS.csv"}}, {"VS": [{"from": "VS", "measurements": measurements}]})
    assert availability(study, delivered("101", "VS", "dia"))["101", "VS", "VSORRES"].delivered
    found = availability(study, delivered("101", "VS", "x"))
    assert found["101", "VS", "VSORRES"].reason == "VS.VSORRES: the file has no column dia, sys"
    assert found["101", "VS", "VSTESTCD"].delivered


def test_sites_that_study_yml_lists_are_delivered_for_all() -> None:
    found = availability(study_of({}, {}, sites=[{"id": "101"}]), sites=("101", "102"))
    assert found["102", "SITE", ""].delivered
    assert found["102", "SITE", "site_id"].delivered
    # Listed, but none of them with the date on which it was activated: what needs that cannot be run.
    assert found["102", "SITE", "activation_date"].reason == "SITE.activation_date is not mapped in study.yml"
    dated = study_of({}, {}, sites=[{"id": "101", "activation_date": "2024-01-31"}, {"id": "102"}])
    assert availability(dated, sites=("101",))["101", "SITE", "activation_date"].delivered


def test_a_missing_column_of_a_condition_leaves_the_whole_dataset_undelivered() -> None:
    mapping = {"from": "AE", "where": "kind = 'AE'", "variables": {"AETERM": "term"}}
    study = study_of({"AE": {"path": "edc/AE.csv"}}, {"AE": [mapping]})
    found = availability(study, delivered("101", "AE", "term"))
    assert found["101", "AE", ""].reason == "AE: the file has no column kind"
    assert found["101", "AE", "AETERM"].reason == "AE.AETERM: the file has no column kind"
    assert availability(study, delivered("101", "AE", "term", "kind"))["101", "AE", "AETERM"].delivered


def test_a_source_is_filed_under_the_first_dataset_that_it_feeds() -> None:
    study = study_of(
        {"DM": {"path": "edc/DM.csv"}, "X": {"path": "edc/X.csv"}},
        {"CO_CONSENT": [{"from": "DM"}], "DM": [{"from": "DM"}]},
    )
    assert dataset_of_source(study, "DM") == "CO_CONSENT"
    assert dataset_of_source(study, "X") == "X"


@pytest.fixture
def site_of_ae(home: Home) -> Callable[..., list[tuple[object, ...]]]:
    study = study_of_ae({"AETERM": "term"})

    def deliver(*contents: str, known: list[CurrentDelivery]) -> list[tuple[object, ...]]:
        path = home.landing / STUDY / "101" / "edc" / "AE.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        for content in contents:
            path.write_text(content, encoding="utf-8")
            ingest_site(home, study, "101")
        extracted = {("101", "AE"): "2026-01-01"} if known else {}
        return list_deliveries(study, known, extracted, find_refusals(home, study))

    return deliver


def test_a_file_that_was_refused_as_empty_counts_as_received(site_of_ae: Callable[..., Any]) -> None:
    current = [delivered("101", "AE", "subj", "term", rows=7, previous=9)]
    facts = site_of_ae("subj,term\n001,a\n", "", known=current)
    file = f"{STUDY}/101/edc/AE.csv"
    # One row: the data in use are those of the day before, and the seven rows are what came before nothing.
    assert facts == [("101", "AE", "AE", file, 0, 7, "2026-01-02", "2026-01-01", None)]


@pytest.mark.parametrize(
    "contents",
    [
        ("subj,term\n001,a\n", "", "subj,term\n001,a\n002,b\n"),
        ("subj,term\n001,a\n", "wrong,term\n001,a\n"),
    ],
)
def test_an_empty_file_before_a_good_one_and_another_refusal_do_not_count(
    site_of_ae: Callable[..., Any], contents: tuple[str, ...]
) -> None:
    current = [delivered("101", "AE", "subj", "term", rows=7)]
    assert [row[4] for row in site_of_ae(*contents, known=current)] == [7]


def test_a_first_delivery_that_was_empty_has_none_before_it(site_of_ae: Callable[..., Any]) -> None:
    assert [row[4:6] for row in site_of_ae("", known=[])] == [(0, None)]
