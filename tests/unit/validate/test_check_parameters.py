"""Thresholds: defaults of the suite, overrides of study.yml, and their way into a predicate as SQL literals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suite_case import line_of, write_suite

from pipelines.errors import ConfigError
from pipelines.settings import EXPECTATIONS_DIR
from pipelines.study import load_located_study
from pipelines.validate import load_checks
from pipelines.validate.parameters import ParameterValue, placeholders_in, render_predicate, resolve_parameters

STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  EX: {path: edc/EX.csv}
map: {}
parameters:
"""
DEFAULTS = {
    "max_dose": 100, "factor": 0.5, "USUAL": "10..50", "mode": "strict", "forms": ["TABLET"], "blinded": False,
    "by_arm": [],
}  # fmt: skip


def resolve(tmp_path: Path, parameters: str) -> dict[str, dict[str, ParameterValue]]:
    write_suite(tmp_path / "suites")
    path = tmp_path / "ST-1" / "study.yml"
    path.parent.mkdir()
    path.write_text(STUDY + parameters, encoding="utf-8")
    study, document = load_located_study(path)
    return resolve_parameters(load_checks(tmp_path / "suites"), study, document)


def test_without_overrides_the_suite_s_defaults_hold(tmp_path: Path) -> None:
    assert resolve(tmp_path, "  EX-92: {}\n") == {"EX-91": DEFAULTS, "EX-92": {}}


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("max_dose", "1", 1), ("max_dose", "1000", 1000), ("factor", "2", 2.0), ("factor", "1e-3", 0.001),
        ("USUAL", "-5..5.5", "-5..5.5"), ("USUAL", "5..5", "5..5"), ("mode", "loose", "loose"),
        ("forms", "[CAPSULE, 'NO']", ["CAPSULE", "NO"]), ("forms", "CAPSULE", ["CAPSULE"]), ("forms", "[]", []),
        ("by_arm", "[A=1, B=1]", ["A=1", "B=1"]), ("by_arm", "A=10", ["A=10"]), ("forms", "[a=1, a=2]", ["a=1", "a=2"]),
        ("blinded", "true", True), ("blinded", "false", False), ("mode", "no", "no"),
    ],
)  # fmt: skip
def test_an_override_takes_the_type_of_the_default(tmp_path: Path, name: str, written: str, value: Any) -> None:
    resolved = resolve(tmp_path, f"  EX-91: {{{name}: {written}}}\n")["EX-91"]
    assert resolved == {**DEFAULTS, name: value}
    assert type(resolved[name]) is type(value)


@pytest.mark.parametrize(
    ("written", "at", "message"),
    [
        ("  EX-9: {}\n", "EX-9", '"EX-9" is not a check. Did you mean "EX-9'),
        ("  EX-91:\n    max_doze: 5\n", "max_doze", 'EX-91 has no parameter "max_doze". Did you mean "max_dose"?'),
        ("  EX-91:\n    max_dose: ten\n", "max_dose", '"ten" is not a whole number'),
        ("  EX-91:\n    max_dose: 1.5\n", "max_dose", '"1.5" is not a whole number'),
        ("  EX-91:\n    max_dose: 0\n", "max_dose", "0 is outside 1..1000"),
        ("  EX-91:\n    max_dose: 1001\n", "max_dose", "1001 is outside 1..1000"),
        ("  EX-91:\n    max_dose: [1]\n", "max_dose", "one value is expected"),
        ("  EX-91:\n    factor: half\n", "factor", '"half" is not a number'),
        ("  EX-91:\n    factor: nan\n", "factor", '"nan" is not a number'),
        ("  EX-91:\n    factor: inf\n", "factor", '"inf" is not a number'),
        ("  EX-91:\n    USUAL: 50\n", "USUAL", '"50" is not a range such as 50..260'),
        ("  EX-91:\n    USUAL: 1..x\n", "USUAL", '"1..x" is not a range such as 50..260'),
        ("  EX-91:\n    USUAL: 50..10\n", "USUAL", '"50..10" begins above its end'),
        ("  EX-91:\n    blinded: yes\n", "blinded", '"yes" is neither true nor false'),
        ("  EX-91:\n    mode: {a: b}\n", "mode", "one value is expected"),
        ("  EX-91:\n    forms: {a: b}\n", "forms", "a list of plain values is expected"),
        ("  EX-91:\n    forms: [a, [b]]\n", "forms", "a list of plain values is expected"),
        ("  EX-91:\n    forms: [a, {b: c}]\n", "forms", "a list of plain values is expected"),
        ("  EX-91:\n    forms:\n      - a1\n      - a2\n      - 'a1'\n", "- 'a1'", '"a1" is given twice'),
        ("  EX-91:\n    by_arm: {A: 1}\n", "by_arm", "a list of plain values is expected"),
        ("  EX-91:\n    by_arm: [A 1]\n", "by_arm", '"A 1" is not written as it must be: [A-Z]=[0-9]+'),
        ("  EX-91:\n    by_arm:\n      - A=1\n      - BB=1\n", "- BB=1", '"BB=1" is not written as it must be'),
        ("  EX-91:\n    by_arm:\n      - A=1x\n", "- A=1x", '"A=1x" is not written as it must be'),
        ("  EX-91:\n    by_arm:\n      - A=1\n      - A=2\n", "- A=2", '"A" is given twice'),
    ],
)
def test_a_mistake_in_study_yml_is_told_with_its_line(tmp_path: Path, written: str, at: str, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        resolve(tmp_path, written)
    assert message in str(refusal.value)
    assert refusal.value.path.name == "study.yml"
    assert refusal.value.line == line_of(STUDY + written, at if at.startswith("-") else f"{at}:")


@pytest.mark.parametrize(
    ("predicate", "values", "sql"),
    [
        ("a > {n}", {"n": 30}, "a > 30"),
        ("a > {n}", {"n": 0.2}, "a > 0.2"),
        ("a > {n}", {"n": -5}, "a > -5"),
        ("a = {flag}", {"flag": True}, "a = true"),
        ("a between {R.low} and {R.high}", {"R": "-1.5..260"}, "a between -1.5 and 260"),
        ("a in {words}", {"words": ["x", "it's"]}, "a in ('x', 'it''s')"),
        ("a in {words}", {"words": []}, "a in ('')"),
        ("a = {mode}", {"mode": "o'clock"}, "a = 'o''clock'"),
        ("a = {mode}", {"mode": "{n}"}, "a = '{n}'"),
    ],
)
def test_values_become_sql_literals(predicate: str, values: dict[str, ParameterValue], sql: str) -> None:
    assert render_predicate(predicate, values) == sql


def test_placeholders_are_found_by_name() -> None:
    assert placeholders_in("{a} > {B_1.low} or x = '{}' or {B_1.high} < 1") == ["a", "B_1.low", "B_1.high"]


INJECTIONS = ["'", "''", "' or 1=1 --", "\\' or true", "'); drop table x; --", "{n}", "$1", ":x", "%s", "\n--", "/* "]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_text_stays_a_text(text: str) -> None:
    predicate = render_predicate("{t} = ? and {t} in {l}", {"t": text, "l": [text, "other"]})
    assert duckdb.execute(f"SELECT {predicate}", [text]).fetchone() == (True,)


@given(text=st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20))
def test_any_text_stays_a_text(text: str) -> None:
    assert duckdb.execute(f"SELECT {render_predicate('{t}', {'t': text})}").fetchone() == (text,)


def test_the_age_of_majority_of_a_country_is_written_as_the_models_read_it() -> None:
    (check,) = (check for check in load_checks(EXPECTATIONS_DIR) if check.id == "ICF-06")
    pattern = check.item_pattern["by_country"]
    fits = {text for text in ("KOR=19", "KR=19", "kor=19", "KOR=", "KOR 19", "KOR=19.5") if re.fullmatch(pattern, text)}
    assert fits == {"KOR=19", "KR=19"}


@pytest.mark.parametrize(
    ("check_id", "name", "fits", "wrong_case"),
    [
        ("LB-05", "allowed_text", "TNTC", "tntc"),
        ("Q-05", "exclude_types", "coding", "Coding"),
        ("ICF-04", "exclude_modes", "E-CONSENT", "e-consent"),
    ],
)
def test_a_text_that_the_check_compares_in_one_case_is_written_in_it(
    tmp_path: Path, check_id: str, name: str, fits: str, wrong_case: str
) -> None:
    checks = [check for check in load_checks(EXPECTATIONS_DIR) if check.id == check_id]
    path = tmp_path / "ST-1" / "study.yml"
    path.parent.mkdir()
    text = f"{STUDY}  {check_id}:\n    {name}: [{fits}]\n"
    path.write_text(text, encoding="utf-8")
    assert resolve_parameters(checks, *load_located_study(path))[check_id][name] == [fits]
    path.write_text(text.replace(fits, wrong_case), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        resolve_parameters(checks, *load_located_study(path))
    assert f"study.yml:{line_of(text, fits)}" in str(error.value)
    assert f'"{wrong_case}" is not written as it must be' in str(error.value)
