"""Each check at its limits: the rows of boundary_cases.yml, with parameters as study.yml gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from check_rows import CHECKS, row_of, verdict_on

from pipelines.located_yaml import LocatedYaml
from pipelines.study import Study
from pipelines.validate.parameters import resolve_parameters

CASES_FILE = Path(__file__).with_name("boundary_cases.yml")
CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load(CASES_FILE.read_text(encoding="utf-8"))


def as_written(value: Any) -> Any:
    """A parameter as study.yml gives it: all scalars are text there."""
    if isinstance(value, list):
        return [as_written(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    ("check_id", "case"),
    [pytest.param(check_id, case, id=f"{check_id}: {case['case']}") for check_id in CASES for case in CASES[check_id]],
)
def test_at_its_limits(check_id: str, case: dict[str, Any], tables: duckdb.DuckDBPyConnection) -> None:
    check = CHECKS[check_id]
    overrides = {name: as_written(value) for name, value in case.get("with", {}).items()}
    study = Study.model_construct(parameters={check_id: overrides} if overrides else {})
    parameters = resolve_parameters([check], study, LocatedYaml(Path("study.yml"), {}, {}))[check_id]
    assert verdict_on(tables, check, row_of(check, case["row"]), parameters) == case["gives"]


@pytest.mark.parametrize("check_id", CHECKS)
def test_every_check_has_rows_on_both_sides(check_id: str) -> None:
    given = [case["gives"] for case in CASES[check_id]]
    assert {"fail", "pass"} <= {*given, *(["pass"] if check_id in PASSES_IN_EXAMPLE else [])}
    assert len(given) >= 2


# A difference of words, not of degree: what passes is what the example says.
PASSES_IN_EXAMPLE = {"DM-04", "LB-01"}
