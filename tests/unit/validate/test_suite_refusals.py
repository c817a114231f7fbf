"""A suite that is wrong is refused before anything runs, with its file, the line, and the nearest right name."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_case import SUITE, line_of, write_suite

from pipelines.errors import ConfigError, UserError
from pipelines.validate import load_checks, load_suites


def test_the_suite_of_these_tests_is_right(tmp_path: Path) -> None:
    path = write_suite(tmp_path)
    (suite,) = load_suites(tmp_path)
    assert (suite.name, suite.category, suite.group, suite.path) == ("data_entry.doses", "data_entry", "Exposure", path)
    first, second = load_checks(tmp_path)
    assert (first.id, first.severity, first.model, first.suite) == (
        "EX-91", "critical", "check_exposure", "data_entry.doses",
    )  # fmt: skip
    assert (second.id, second.severity, second.needs) == ("EX-92", "major", ("EX.EXTRT or EX.EXDOSE", "EX.EXROUTE"))
    assert first.bounds == {"max_dose": (1, 1000)}
    assert first.parameters["USUAL"] == "10..50"


@pytest.mark.parametrize(
    ("right", "wrong", "at", "message"),
    [
        ("type: expect_rows_to_hold", "type: expect_row_to_hold", "type:", 'Did you mean "expect_rows_to_hold"?'),
        ("model: check_exposure", "model: check_exposures", "model:", 'Did you mean "check_exposure"?'),
        ("name: data_entry.doses", "name: operations.doses", "name:", 'is named "data_entry.doses"'),
        ("applies_when: EXDOSE is", "applies_when: EXDOZE is", "applies_when:", "no column EXDOZE. Did you mean"),
        ("EXDOSE > {max_dose}", "EXDOSE > {max_doze}", "fails_when:", "{max_doze} is not one of its parameters"),
        ("{USUAL.low}", "{USUALLY.low}", "fails_when:", "{USUALLY.low} is not one of its parameters"),
        ("{USUAL.low}", "{mode.low}", "fails_when:", '"strict" is not a range such as 50..260'),
        ("EXDOSE > {max_dose}", "EXDOSE > (select max(EXDOSE) from x)", "fails_when:", "a subquery"),
        ("EXROUTE is null", "EXROUTE is null), (EXTRT is null", "fails_when: EXROUTE", "not an SQL expression"),
        ("EXROUTE is null", "EXROUTE is null; drop table x", "fails_when: EXROUTE", "not an SQL expression"),
        ("EXROUTE is null", "EXROUTE is nil", "fails_when: EXROUTE", "not an SQL expression"),
        ("EXROUTE is null", "count(*) > 1 or * is null", "fails_when: count", "* is not allowed"),
        ("{value} of {subject}", "{value} of {subjects}", "query_text:", "{subjects} of the query text is not"),
        ("{value: EXDOSE}", "{value: EXDOSES}", "shows:", 'no column EXDOSES. Did you mean "EXDOSE'),
        ("{EXDOSE: 101}", "{EXDOS: 101}", "example_fail:", "no column EXDOS. Did you mean"),
        ("{EXDOSE: 100}", "{EXDOS: 100}", "example_pass:", "no column EXDOS. Did you mean"),
        ("      example_fail: {EXDOSE: 101}\n", "", "meta:\n      id: EX-91", "example_fail: Field required"),
        ("{EXDOSE: 100}", "{}", "example_pass:", "example_pass"),
        ("      example_fail: {EXDOSE: 101}\n", "      example_with: {max_dos: 1}\n      example_fail: {EXDOSE: 101}\n",
         "example_with:", '"max_dos" is not one of its parameters. Did you mean "max_dose"?'),
        ("[EX.EXDOSE]", "[EXX.EXDOSE]", "needs:", '"EXX" is not a dataset. Did you mean "EX"?'),
        ("[EX.EXDOSE]", "[EX.EXDOZE]", "needs:", "EX has no variable EXDOZE. Did you mean"),
        ("EX.EXTRT or EX.EXDOSE", "EX.EXTRT or E.EXDOSE", "needs: [EX.EXTRT", '"E" is not a dataset.'),
        ("[EX.EXDOSE]", '["EX.EXDOSE or {max_dos}"]', "needs:", '"max_dos" is not one of its parameters. Did you mean'),
        ("[EX.EXDOSE]", '["EX.EXDOSE or {max_dose}"]', "needs:", "max_dose has a default, so that no study would ever"),
        ("[EX.EXDOSE]", "[]", "needs:", "needs"),
        ("      reference: protocol\n      query_text: Please verify",
         "      not_looked_at: {by arm: no arm}\n      reference: protocol\n      query_text: Please verify",
         "not_looked_at:", '"by arm" stands neither in population nor in failing_condition'),
        ("owner: CRC", "owners: CRC", "owners:", 'unknown key "owners". Did you mean "owner"?'),
        ("severity: critical", "severity: major", "severity:", "severity"),
        ("id: EX-91", "id: EX91", "id:", "id"),
        ("id: EX-92", "id: EX-91", "id: EX-91\n      title: A dose has", "EX-91 is already defined in"),
        ("bounds: {max_dose: [1, 1000]}", "bounds: {max_dose: 1000}", "bounds:", "bounds"),
        ("{by_arm: \"[A-Z]", "{mode: \"[A-Z]", "item_pattern:", '"mode" is not one of its list parameters'),
        ("{by_arm: \"[A-Z]", "{by_arms: \"[A-Z]", "item_pattern:", '"by_arms" is not one of its list parameters'),
        ("[0-9]+\"", "[0-9\"", "item_pattern:", "is not a regular expression"),
        ("      reference: protocol\n", "      reference: [\n", "", "not readable as YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, at: str, message: str) -> None:
    assert right in SUITE
    text = SUITE.replace(right, wrong, 1)
    path = write_suite(tmp_path, text)
    with pytest.raises(ConfigError) as refusal:
        load_suites(tmp_path)
    assert message in str(refusal.value)
    assert refusal.value.path == path
    if at:
        assert refusal.value.line == line_of(text, at)
        assert f"{path}:{refusal.value.line}: " in str(refusal.value)


def test_an_id_is_given_once_in_all_files(tmp_path: Path) -> None:
    first = write_suite(tmp_path)
    second = write_suite(tmp_path, SUITE.replace("data_entry.doses", "data_entry.more"), topic="more")
    with pytest.raises(ConfigError, match=r"check EX-91 is already defined in") as refusal:
        load_suites(tmp_path)
    assert refusal.value.path == second
    assert refusal.value.line == line_of(SUITE, "id: EX-91")
    assert str(first) in str(refusal.value)


def test_a_key_is_given_once(tmp_path: Path) -> None:
    write_suite(tmp_path, SUITE.replace("      owner: CRC\n", "      owner: CRC\n      owner: PI\n", 1))
    with pytest.raises(ConfigError, match=r'"owner" is given twice'):
        load_suites(tmp_path)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text\n"])
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, text: str) -> None:
    path = write_suite(tmp_path, text)
    with pytest.raises(ConfigError) as refusal:
        load_suites(tmp_path)
    assert refusal.value.path == path


def test_a_catalogue_without_suites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no suite found"):
        load_suites(tmp_path)


def test_suites_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for topic in ("zeta", "alpha"):
        ids = SUITE.replace("EX-9", "EX-7" if topic == "zeta" else "EX-8")
        write_suite(tmp_path, ids.replace("data_entry.doses", f"data_entry.{topic}"), topic=topic)
    assert [check.id for check in load_checks(tmp_path)] == ["EX-81", "EX-82", "EX-71", "EX-72"]
