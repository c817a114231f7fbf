"""Holds the suites to the catalogue that was agreed on: texts, severities, parameters and examples are the same."""

from __future__ import annotations

import csv
import json
from functools import cache
from typing import Any

import pytest

from pipelines.settings import EXPECTATIONS_DIR, PROJECT_ROOT
from pipelines.validate import Check, load_checks
from pipelines.validate.check_models import load_check_models

CATALOGUE_FILE = PROJECT_ROOT.parent / "shared" / "catalogue.csv"
CHECKS = {check.id: check for check in load_checks(EXPECTATIONS_DIR)}

pytestmark = pytest.mark.skipif(not CATALOGUE_FILE.exists(), reason="../shared/catalogue.csv is not there")
each_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)

ADDED_PARAMETERS = {
    ("LOG-01", "compare"): "sites keep logs of one or two of the three numbers only",
    ("X-03", "calendar"): "where study.yml says when which export is due",
    ("DM-03", "sex_values"): "a study may allow what the codelist has not",
    ("DM-03", "ethnic_values"): "a study may allow what the codelist has not",
    ("DM-03", "race_values"): "a study may allow what the codelist has not",
    ("DM-03", "country_values"): "a study may allow what the codelist has not",
    ("FDA-01", "ind_study"): "a site without a Form FDA 1572 is asked for one where the study is under an IND",
    ("FDA-02", "ind_study"): "a site without a Form FDA 1572 is asked for one where the study is under an IND",
}
# Parameters of clauses that no predicate looks at: `not_looked_at` of the suite entry names the clause and the reason.
NOT_IMPLEMENTED = {("Q-01", "warn_days")}
OTHER_DEFAULTS = {
    ("VS-06", "sd_floor"): "the catalogue leaves the floors to us: one a test",
    ("DOA-01", "task_map"): "the catalogue leaves the map to the study; by default the task of its name",
}
# The catalogue names the item; what is blank is asked of the text as delivered, so that unreadable is not blank.
READ_AS_DELIVERED = {
    ("AE-06", "AEENDTC"), ("DM-06", "DTHDTC"), ("Q-02", "closed"), ("DV-02", "DVSTDTC"), ("EX-09", "EXDOSE"),
    ("EX-10", "EXDOSE"), ("LB-15", "LBDTC"), ("AE-05", "AEDTHDTC"), ("AE-13", "AEDTHDTC"), ("AE-14", "AEDTHDTC"),
    ("AE-15", "AEDTHDTC"), ("AE-16", "AEDTHDTC"), ("DOA-02", "pi_sign_date"),
}  # fmt: skip
# Facts that a model states as one column of its own.
STATED_OTHERWISE = {
    ("IC-01", "consent_date"): "is_consented",
    ("Q-01", "status"): "is_open",
    ("X-07", "hash"): "is_repeated",
    ("DS-02", "EXENDTC"): "last_dose_date",
    ("CM-05", "CMSTDTC"): "date_without_month",
    ("MH-02", "MHSTDTC"): "date_without_month",
}
# Texts that go on where the catalogue ends.
ADDED_CLAUSES = {
    ("X-08", "applies_when"): "a contract may hold any file for its rows (study.yml, delivery.max_row_drop)",
    ("X-08", "fails_when"): "a held file is not in use, and so is no received file of the catalogue's words",
}
OTHER_EXAMPLES = {
    ("LB-01", "example_pass"): "the catalogue's is outside the population, so that it shows no pass",
}


@cache
def catalogue() -> dict[str, dict[str, str]]:
    with CATALOGUE_FILE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def as_catalogue_text(value: Any) -> str:
    """A parameter's default in the words of the catalogue, which writes a fraction that is 0 as 0."""
    if isinstance(value, float) and value == 0:
        return "0"
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def agreed_parameters(check_id: str) -> dict[str, str]:
    entries = filter(None, catalogue()[check_id]["parameters"].split(";"))
    return dict(entry.split("=", 1) for entry in entries)


def test_every_check_was_agreed_on() -> None:
    strangers = sorted(CHECKS.keys() - catalogue().keys())
    assert strangers == [], f"not in {CATALOGUE_FILE}: have them agreed on, or correct the ids"


@each_check
def test_texts_are_those_of_the_catalogue(check: Check) -> None:
    agreed = catalogue()[check.id]
    ours = {
        "title": check.title,
        "severity": check.severity,
        "scope": check.scope,
        "category": check.category,
        "applies_when": check.applies_when_text,
        "fails_when": check.fails_when_text,
        "reference": check.reference,
        "same_as": ";".join(check.same_as),
        "query_text": check.query_text,
        "owner": check.owner,
    }
    for name in (name for check_id, name in ADDED_CLAUSES if check_id == check.id):
        assert ours[name].startswith(agreed[name])
        assert ours.pop(name) != agreed[name]
    assert ours == {name: agreed[name] for name in ours}


@each_check
def test_parameters_are_those_of_the_catalogue(check: Check) -> None:
    agreed = {
        name: text for name, text in agreed_parameters(check.id).items() if (check.id, name) not in NOT_IMPLEMENTED
    }
    ours = {name: as_catalogue_text(value) for name, value in check.parameters.items()}
    added = ours.keys() - agreed.keys()
    assert {(check.id, name) for name in added} <= ADDED_PARAMETERS.keys()
    differs = {name for name in ours if (check.id, name) in OTHER_DEFAULTS}
    assert {name: ours[name] for name in ours.keys() - added - differs} == {
        name: text for name, text in agreed.items() if name not in differs
    }


def test_known_differences_are_still_differences() -> None:
    for check_id, name in ADDED_PARAMETERS:
        assert name in CHECKS[check_id].parameters
        assert name not in agreed_parameters(check_id)
    for check_id, name in NOT_IMPLEMENTED:
        assert name not in CHECKS[check_id].parameters
        assert name in agreed_parameters(check_id)
        assert CHECKS[check_id].not_looked_at, f"{check_id} does not say what it leaves out without {name}"


def comparable_examples() -> list[tuple[str, str]]:
    """(check, kind) of the catalogue's examples of one record whose items are all columns of the check's model."""
    if not CATALOGUE_FILE.exists():
        return []
    return [
        (check.id, kind)
        for check in CHECKS.values()
        if check.id in catalogue()
        for kind in ("example_fail", "example_pass")
        if isinstance(agreed := json.loads(catalogue()[check.id][kind]), dict)
        and agreed.keys() <= load_check_models()[check.model].columns.keys()
    ]


@pytest.mark.parametrize(("check_id", "kind"), comparable_examples())
def test_examples_are_those_of_the_catalogue(check_id: str, kind: str) -> None:
    check = CHECKS[check_id]
    agreed = json.loads(catalogue()[check.id][kind])
    ours = getattr(check, kind)
    if (check.id, kind) in OTHER_EXAMPLES:
        assert {name: ours.get(name) for name in agreed} != agreed
        return
    for name, value in agreed.items():
        if (check.id, name) in STATED_OTHERWISE:
            assert STATED_OTHERWISE[check.id, name] in ours
            continue
        column = f"{name}_raw" if (check.id, name) in READ_AS_DELIVERED else name
        # A blank text of the catalogue is NULL in a model.
        assert ours.get(column) == (None if value == "" else value)
