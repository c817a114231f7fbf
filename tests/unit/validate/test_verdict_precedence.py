"""The six statuses: an error comes before what is missing, that before an empty population, that before the counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from suite_case import write_suite

from pipelines.validate import Check, load_checks
from pipelines.validate.verdicts import Delivered, Numbers, decide, unmet_need


@pytest.fixture
def check(tmp_path: Path) -> Check:
    write_suite(tmp_path)
    return load_checks(tmp_path)[1]


@pytest.mark.parametrize(
    ("error", "unmet", "numbers", "expected"),
    [
        ("broke", "no file", Numbers(5, 2), ("error", 0, 0, "broke")),
        ("broke", None, Numbers(0, 0), ("error", 0, 0, "broke")),
        ("broke", None, Numbers(5, 0), ("error", 0, 0, "broke")),
        (None, "no file", Numbers(5, 2), ("not_run", 0, 0, "no file")),
        (None, "no file", Numbers(0, 0), ("not_run", 0, 0, "no file")),
        (None, None, Numbers(0, 0), ("not_applicable", 0, 0, "nothing to evaluate")),
        (None, None, Numbers(5, 2), ("fail", 5, 2, "")),
        (None, None, Numbers(5, 5), ("fail", 5, 5, "")),
        (None, None, Numbers(5, 0), ("pass", 5, 0, "")),
        ("", None, Numbers(5, 0), ("error", 0, 0, "")),
    ],
)
def test_precedence(
    check: Check, error: str | None, unmet: str | None, numbers: Numbers, expected: tuple[str, int, int, str]
) -> None:
    verdict = decide(check, "101", error=error, unmet=unmet, numbers=numbers)
    assert (verdict.status, verdict.evaluated, verdict.failed, verdict.reason) == expected
    assert (verdict.site, verdict.check_id, verdict.waived) == ("101", "EX-92", 0)


def test_the_reasons_of_all_alternatives_are_given_once(check: Check) -> None:
    absent = Delivered(False, "EX was not delivered")
    facts = {("101", "EX", variable): absent for variable in ("EXTRT", "EXDOSE", "EXROUTE")}
    assert unmet_need(check, "101", ["101"], facts) == "EX was not delivered"
    facts["101", "EX", "EXDOSE"] = Delivered(False, "EX.EXDOSE is not mapped in study.yml")
    assert unmet_need(check, "101", ["101"], facts) == "EX was not delivered; EX.EXDOSE is not mapped in study.yml"


def test_the_first_clause_that_is_not_met_is_told(check: Check) -> None:
    facts = {("101", "EX", "EXTRT"): Delivered(True, ""), ("101", "EX", "EXROUTE"): Delivered(False, "no route")}
    assert unmet_need(check, "101", ["101"], facts) == "no route"


@pytest.mark.parametrize(("value", "is_met"), [("oral", True), (["oral"], True), (0, True), ("", False), ([], False)])
def test_a_parameter_that_the_study_states_stands_for_what_was_not_delivered(
    check: Check, value: str | list[str] | int, is_met: bool
) -> None:
    as_set = replace(check, needs=("EX.EXROUTE or {route}",), parameters={"route": value})
    facts = {("101", "EX", "EXROUTE"): Delivered(False, "EX.EXROUTE is not mapped in study.yml")}
    reason = "EX.EXROUTE is not mapped in study.yml; route of EX-92 is not set in study.yml"
    assert unmet_need(as_set, "101", ["101"], facts) == (None if is_met else reason)
