"""`siteproof check`: the catalogue as a table, as csv and json, and each check explained in any width."""

from __future__ import annotations

import csv
import io
import itertools
import json
import sys
from typing import Any

import pytest

from pipelines import cli
from pipelines.reference.check_sheet import describe_checks
from pipelines.reference.check_text import check_text
from pipelines.settings import EXPECTATIONS_DIR
from pipelines.validate import load_suites

SUITES = load_suites(EXPECTATIONS_DIR)
SHEETS = {sheet.check.id: sheet for sheet in describe_checks(SUITES)}


class Terminal:
    """The command in this process: its exit code, and what it wrote."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def run(self, *arguments: str) -> tuple[int | str | None, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["siteproof", "check", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = self.capsys.readouterr()
        return ended.value.code, said.out, said.err

    def listed(self, *arguments: str) -> list[dict[str, str]]:
        code, out, _ = self.run("list", "--format", "csv", *arguments)
        assert code == 0
        return list(csv.DictReader(io.StringIO(out)))

    def explained(self, check_id: str) -> dict[str, Any]:
        code, out, _ = self.run("explain", check_id, "--json")
        assert code == 0
        told: dict[str, Any] = json.loads(out)
        return told


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal(monkeypatch, capsys)


def test_csv_has_every_check_once_and_begins_with_its_id(terminal: Terminal) -> None:
    rows = terminal.listed()
    assert list(rows[0])[:3] == ["id", "title", "category"]
    assert sorted(row["id"] for row in rows) == sorted(SHEETS)


def test_json_says_the_same_as_csv(terminal: Terminal) -> None:
    code, out, _ = terminal.run("list", "--format", "json")
    assert code == 0
    assert json.loads(out) == terminal.listed()


def test_a_table_fits_a_terminal_and_keeps_groups_together(terminal: Terminal) -> None:
    code, out, _ = terminal.run("list")
    assert code == 0
    header, *lines = out.splitlines()
    assert header.split() == ["id", "severity", "group", "title"]
    assert len(lines) == len(SHEETS)
    groups = [SHEETS[line.split()[0]].check.group for line in lines]
    changes = sum(one != other for one, other in itertools.pairwise(groups))
    assert changes <= len({(sheet.check.category, sheet.check.group) for sheet in SHEETS.values()})


@pytest.mark.parametrize("wanted", ["Vital signs", "vital signs", "vital-signs"])
def test_a_group_is_chosen_however_it_is_spelt(terminal: Terminal, wanted: str) -> None:
    chosen = {row["id"] for row in terminal.listed("--group", wanted)}
    assert chosen == {check_id for check_id, sheet in SHEETS.items() if sheet.check.group == "Vital signs"}


def test_a_category_is_chosen(terminal: Terminal) -> None:
    chosen = terminal.listed("--category", "operations")
    assert {row["category"] for row in chosen} == {"operations"}
    assert len(chosen) == sum(sheet.check.category == "operations" for sheet in SHEETS.values())


def test_an_unknown_group_is_answered_with_the_nearest_and_all_of_them(terminal: Terminal) -> None:
    code, out, err = terminal.run("list", "--group", "vital sign")
    assert (code, out) == (2, "")
    assert 'Did you mean "Vital signs"? It is one of: ' in err
    assert "Adverse events" in err


def test_an_unknown_id_is_answered_with_the_nearest(terminal: Terminal) -> None:
    code, out, err = terminal.run("explain", "AE01")
    assert (code, out) == (2, "")
    assert 'Did you mean "AE-01"?' in err


def test_an_id_is_found_in_small_letters(terminal: Terminal) -> None:
    code, out, _ = terminal.run("explain", "ae-01")
    assert code == 0
    assert out.startswith("AE-01  An adverse event does not start after it ends\n")


@pytest.mark.parametrize("check_id", ["AE-08", "DM-02", "X-09"])
def test_json_explains_a_check_whole(terminal: Terminal, check_id: str) -> None:
    told, check = terminal.explained(check_id), SHEETS[check_id].check
    assert told["id"] == check.id
    assert (told["applies_when"], told["fails_when"]) == (check.applies_when, check.fails_when)
    assert {parameter["name"]: parameter["default"] for parameter in told["parameters"]} == check.parameters
    assert " or ".join(told["needs"][0]) == check.needs[0]
    assert all(told["columns"].values())


@pytest.mark.parametrize("width", [60, 100])
def test_a_text_says_everything(width: int) -> None:
    for sheet in SHEETS.values():
        words, check = " ".join(check_text(sheet, width).split()), sheet.check
        for said in (
            check.title, check.reference, check.applies_when_text, check.fails_when_text, check.query_text, check.owner,
            check.applies_when, check.fails_when, *check.same_as, *check.parameters, f"{sheet.suite_file}:",
            *(need for clause in check.needs for need in clause.split(" or ")), *check.not_looked_at.values(),
        ):  # fmt: skip
            assert " ".join(said.split()) in words, (check.id, said)


def test_a_text_keeps_to_its_width() -> None:
    for sheet in SHEETS.values():
        # What is there to be copied is not broken: a long list that is a default, a value of an example.
        examples = [*sheet.check.example_fail.values(), *sheet.check.example_pass.values()]
        whole = [parameter.default for parameter in sheet.parameters] + [str(value) for value in examples]
        whole = [text for text in whole if len(text) > 20]
        too_long = [line for line in check_text(sheet, 100).splitlines() if len(line) > 100]
        assert [line for line in too_long if not any(text in line for text in whole)] == [], sheet.check.id


def test_the_line_of_the_suite_is_the_checks() -> None:
    for sheet in SHEETS.values():
        (suite,) = [suite for suite in SUITES if sheet.check in suite.checks]
        line = suite.path.read_text(encoding="utf-8").splitlines()[sheet.suite_line - 1]
        assert line.strip() == f"id: {sheet.check.id}"


def test_parameters_are_told_with_what_a_study_may_set() -> None:
    text = check_text(SHEETS["DM-02"], 100)
    assert "min_age            18       a whole number from 0 to 120\n" in text
    assert "    parameters:\n      DM-02:\n        min_age: 18\n" in text


def test_an_example_shows_both_sides_and_what_the_columns_mean() -> None:
    text = check_text(SHEETS["DM-02"], 100)
    assert "  AGE      17      18      Age\n" in text
