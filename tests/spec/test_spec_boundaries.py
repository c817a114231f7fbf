"""Each check at its limits: the rows of cases/<suite>.yml, with parameters as study.yml gives them."""

from __future__ import annotations

import duckdb
import pytest
from check_rows import CHECKS, row_of, verdict_on
from spec_cases import CASES_DIR, load_cases, parameters_of

CASES = load_cases()
# A difference of words, not of degree: what passes is what the example says.
PASSES_IN_EXAMPLE = {"DM-04", "LB-01"}


@pytest.mark.parametrize("check_id", CASES)
def test_at_its_limits(check_id: str, tables: duckdb.DuckDBPyConnection) -> None:
    check, cases = CHECKS[check_id], CASES[check_id]
    said = {
        case["case"]: verdict_on(tables, check, row_of(check, case["row"]), parameters_of(check, case))
        for case in cases
    }
    assert said == {case["case"]: case["gives"] for case in cases}
    assert len(said) == len(cases), "two cases have the same name"


@pytest.mark.parametrize("check_id", CHECKS)
def test_every_check_has_rows_on_both_sides(check_id: str) -> None:
    given = [case["gives"] for case in CASES[check_id]]
    assert {"fail", "pass"} <= {*given, *(["pass"] if check_id in PASSES_IN_EXAMPLE else [])}
    assert len(given) >= 2


def test_the_cases_of_a_check_stand_in_the_file_of_its_suite() -> None:
    for check in CHECKS.values():
        topic = check.suite.split(".")[1]
        assert f"\n{check.id}:\n" in "\n" + (CASES_DIR / f"{topic}.yml").read_text(encoding="utf-8"), check.id
