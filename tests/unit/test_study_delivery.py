"""What study.yml may say of a delivery: each mistake is told with its line, and what cannot go together is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.settings import Home
from pipelines.standardize.delivery_calendar import calendar_of
from pipelines.study import Study, load_study
from pipelines.validate.configuration import read_parameters

STUDY = """\
study: ST-1
title: t
sponsor: s
sources:
  AE: {{path: edc/A.zip, member: AE.csv{one}}}
  DM: {{path: edc/A.zip, member: DM.csv{other}}}
map: {{}}
{more}"""


def load(tmp_path: Path, one: str = "", other: str = "", more: str = "") -> Study:
    path = tmp_path / "home" / "studies" / "ST-1" / "study.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STUDY.format(one=one, other=other, more=more), encoding="utf-8")
    return load_study(path)


def delivery(text: str) -> str:
    return f", delivery: {{{text}}}"


def test_nothing_is_asked_for_without_a_contract(tmp_path: Path) -> None:
    contract = load(tmp_path).sources["AE"].delivery
    assert (contract.due, contract.is_incremental, contract.announced_by, contract.at_rest_seconds) == (
        [],
        False,
        None,
        0,
    )
    assert (contract.max_row_drop, contract.max_vanished) == (None, None)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("due: [monday]", '"monday" is not a due time'),
        ("due: [2024-06-31]", '"2024-06-31" is not a day or time of the calendar'),
        ("due: [2024-06-03 every 0 days]", "is not a due time"),
        ("content: full", '"full" is not one of cumulative, incremental'),
        ("content: incremental", "content: incremental needs key"),
        ("max_vanished: 0.1", "max_vanished needs key"),
        ("key: [a, A]", "key names a column twice"),
        ("key: [a], content: incremental, max_row_drop: 0.1", "go with content: cumulative"),
        ("key: [a], content: incremental, max_vanished: 0", "go with content: cumulative"),
        ("max_row_drop: 10", "less than or equal to 1"),
        ("at_rest_seconds: -1", "greater than or equal to 0"),
        ("announced_by: email", '"email" is not one of done, manifest'),
        ("max_row_drops: 0.1", 'unknown key "max_row_drops". Did you mean "max_row_drop"?'),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, written: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, one=delivery(written))
    assert error.value.line == 5
    assert told in error.value.message


@pytest.mark.parametrize("written", ["announced_by: done", "at_rest_seconds: 5", "content: incremental, key: [a]"])
def test_sources_of_one_file_agree_on_its_arrival(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError, match="AE and DM take from the same file but differ in delivery"):
        load(tmp_path, one=delivery(written))
    assert load(tmp_path, one=delivery(written), other=delivery(written)).sources["AE"].delivery.due == []


def test_sources_of_one_file_may_have_limits_of_their_own(tmp_path: Path) -> None:
    assert load(tmp_path, one=delivery("max_row_drop: 0.1")).sources["DM"].delivery.max_row_drop is None


def test_due_times_of_sources_stand_beside_the_calendar(tmp_path: Path) -> None:
    """X-03 asks for both, each once."""
    due = delivery("due: [2024-06-01, 2024-06-03T08:00 every 7 days]")
    parameters = 'parameters: {X-03: {calendar: ["*=2024-01-01", "AE=2024-06-01"]}}\n'
    study = load(tmp_path, one=due, more=parameters)
    asked = ["*=2024-01-01", "AE=2024-06-01", "AE=2024-06-03T08:00 every 7 days"]
    assert calendar_of(study, ["*=2024-01-01", "AE=2024-06-01"]) == asked
    assert read_parameters(Home(tmp_path / "home"), study)["X-03"]["calendar"] == asked


def test_the_study_s_names_are_its_id_unless_they_are_given(tmp_path: Path) -> None:
    assert load(tmp_path).own_names == {"ST-1"}
    assert load(tmp_path, more="study_names: [P-1, P-2]\n").own_names == {"P-1", "P-2"}


@pytest.mark.parametrize("key", ["site", "study"])
def test_whose_a_row_is_is_read_from_the_row(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is a column, or"):
        load(tmp_path, one=f", {key}: {{value: x}}")
