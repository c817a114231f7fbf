"""The cases of tests/spec/cases: what each check says exactly at its limits and one step beyond.

One file a suite, named after it. Check id -> cases, each with `case` (in words), `row` (columns that it does not give
are blank), `gives` (fail, pass, or none: the row is not evaluated) and maybe `with`: parameters as study.yml sets them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.located_yaml import LocatedYaml
from pipelines.study import Study
from pipelines.validate import Check
from pipelines.validate.parameters import ParameterValue, resolve_parameters

CASES_DIR = Path(__file__).parent / "spec" / "cases"

Case = dict[str, Any]


def load_cases() -> dict[str, list[Case]]:
    """Return check id -> its cases, of all files."""
    cases: dict[str, list[Case]] = {}
    for path in sorted(CASES_DIR.glob("*.yml")):
        for check_id, own in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            assert check_id not in cases, f"{path.name}: {check_id} stands in another file too"
            cases[check_id] = own
    return cases


def parameters_of(check: Check, case: Case) -> dict[str, ParameterValue]:
    """Return the check's parameters with what the case sets, taken the way that study.yml takes."""
    overrides = {name: _as_written(value) for name, value in case.get("with", {}).items()}
    study = Study.model_construct(parameters={check.id: overrides} if overrides else {})
    return resolve_parameters([check], study, LocatedYaml(Path("study.yml"), {}, {}))[check.id]


def _as_written(value: Any) -> Any:
    """All scalars are text in study.yml."""
    if isinstance(value, list):
        return [_as_written(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
