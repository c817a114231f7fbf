"""What doctor says of a study: each line names what was forgotten and what to do; what fits is left in peace."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.orchestration.doctor import Examination
from pipelines.orchestration.study_health import examine_study, left_open
from pipelines.settings import Home
from pipelines.study import Study


def study(**more: object) -> Study:
    written = {
        "study": "S-1",
        "title": "t",
        "sponsor": "s",
        "sources": {
            "AE": {"path": "edc/AE.csv", "subject": "SUBJID"},
            "VS": {"path": "edc/VS*.csv"},
        },
        "map": {"AE": [{"from": "AE", "variables": {"AETERM": "term"}}]},
    }
    return Study.model_validate(written | more)


def put(home: Home, *places: str) -> None:
    for place in places:
        path = home.landing / "S-1" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("term\nx\n", encoding="utf-8")


def examined(home: Home, configured: Study | None = None) -> dict[str, Examination]:
    looked_at = configured or study()
    file = home.study_file("S-1")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(looked_at.model_dump_json(exclude_unset=True), encoding="utf-8")  # JSON is YAML
    return {one.subject.removeprefix("study S-1, "): one for one in examine_study(home, looked_at)}


def test_a_study_whose_files_fit_is_asked_nothing_about_them(home: Home) -> None:
    put(home, "101/edc/AE.csv", "102/edc/AE.csv", "102/edc/VS.csv", "102/edc/.hidden", "102/edc/VS2.csv.part")
    assert set(examined(home)) == {"checks"}


def test_a_study_that_waits_for_its_first_file_is_left_in_peace(home: Home) -> None:
    assert set(examined(home)) == {"checks"}


@pytest.mark.parametrize(
    ("places", "subject", "told"),
    [
        (["101/edc/AE.csv"], "sources", "no site has a file of VS (edc/VS*.csv)"),
        (["101/edc/AE.csv", "101/edc/VS.csv", "101/edc/DM.csv"], "files", "no source takes 101/edc/DM.csv"),
        (
            ["101/edc/AE.csv", "101/edc/VS.csv", "101/AE.csv", "AE.csv", "101/edc/2024/05/AE.csv"],
            "folders",
            "never read, since they lie at another depth: 101/AE.csv, 101/edc/2024/05/AE.csv, AE.csv",
        ),
        ([f"1{n:02}/edc/DM.csv" for n in range(9)], "files", "102/edc/DM.csv and 6 more"),
    ],
)
def test_what_does_not_fit_is_told_with_a_cure(home: Home, places: list[str], subject: str, told: str) -> None:
    put(home, *places)
    found = examined(home)[subject]
    assert not found.well
    assert told in found.seen
    assert found.cure


def test_a_file_that_two_sources_take_is_told(home: Home) -> None:
    put(home, "101/edc/AE.csv", "101/edc/VS.csv")
    sources = {"AE": {"path": "edc/AE.csv", "subject": "SUBJID"}, "ANY": {"path": "edc/*.csv"}}
    assert examined(home, study(sources=sources))["paths"].seen == "several sources take 101/edc/AE.csv"


def test_a_source_that_names_no_subject_and_feeds_records_of_subjects_is_told_with_a_cure(home: Home) -> None:
    fed = {name: [{"from": "VS"}] for name in ("VS", "DV", "CO_CONSENT")}
    found = examined(home, study(map=fed))["subjects"]
    assert not found.well
    assert found.seen == "source VS names no subject, so no record of VS, CO_CONSENT from it is anyone's"
    assert "sources.VS" in found.cure


def test_deviations_of_a_site_need_no_subject_and_are_told(home: Home) -> None:
    found = examined(home, study(map={"DV": [{"from": "VS"}]}))["subjects"]
    assert found.well
    assert found.seen == "source VS names no subject, so its records of DV are the site's"
    assert not found.cure


def test_a_list_of_sites_needs_no_subject_and_a_source_that_feeds_nothing_neither(home: Home) -> None:
    assert "subjects" not in examined(home, study(map={"SITE": [{"from": "VS"}]}))
    assert "subjects" not in examined(home, study(map={}))


def lay_visits(home: Home, *names: str) -> None:
    from pipelines.vocabulary import load_vocabulary

    home.warehouse.mkdir(parents=True)
    with duckdb.connect(home.warehouse_file("S-1")) as connection:
        connection.execute("CREATE SCHEMA raw")
        for dataset in load_vocabulary().values():
            if "VISIT" in dataset.variables:
                connection.execute(f"CREATE TABLE raw.{dataset.table}(VISIT VARCHAR)")
        connection.executemany("INSERT INTO raw.vs VALUES (?)", [[name] for name in names])


def test_visits_that_the_schedule_lacks_are_named_and_unplanned_ones_are_not(home: Home) -> None:
    lay_visits(home, "Week 1", "Wk 1", "Unscheduled 3.1")
    found = examined(home, study(visits=[{"name": "Week 1"}]))["visits"]
    assert found.well
    assert found.seen == "not on the schedule as of the last run: Wk 1"
    assert "visits in study.yml" in found.cure


def test_a_study_without_a_schedule_or_with_all_its_visits_on_it_is_not_asked(home: Home) -> None:
    lay_visits(home, "Week 1")
    assert "visits" not in examined(home)
    assert "visits" not in examined(home, study(visits=[{"name": "Week 1"}]))


def test_a_warehouse_that_cannot_be_read_is_no_verdict(home: Home) -> None:
    home.warehouse.mkdir(parents=True)
    duckdb.connect(home.warehouse_file("S-1")).close()
    found = examined(home, study(visits=[{"name": "Week 1"}]))["visits"]
    assert found.well
    assert "not looked at" in found.seen


def test_unmapped_datasets_and_the_checks_they_cost_are_counted(home: Home) -> None:
    seen = examined(home)["checks"].seen
    assert "checks are not run at any site" in seen
    assert "VS" in seen.split("not mapped at all: ")[1]
    assert "AE" not in seen.split("not mapped at all: ")[1].split(", ")
    fewer = examined(home, study(map={**study().model_dump(by_alias=True)["map"], "VS": [{"from": "VS"}]}))["checks"]
    assert "VS" not in fewer.seen.split("not mapped at all: ")[1].split(", ")


def test_a_parameter_that_stands_for_a_column_costs_no_check(home: Home) -> None:
    coded = {"AE": [{"from": "AE", "variables": {"AEDECOD": "pt"}}]}
    lacking = [
        int(examined(home, study(map=coded, parameters=parameters))["checks"].seen.split()[0])
        for parameters in ({}, {"AE-27": {"meddra_version": "MedDRA 27.0"}})
    ]
    assert lacking[0] - lacking[1] == 1


def test_marks_that_no_one_settled_are_counted_with_their_first_line(tmp_path: Path) -> None:
    path = tmp_path / "S-1" / "study.yml"
    path.parent.mkdir()
    path.write_text("a: 1\nb: 2  # CONFIRM: by its name\nc: []  # TODO: which\nd: 3  # CONFIRM: x\n", encoding="utf-8")
    (found,) = left_open(path)
    assert not found.well
    assert found.seen == "2 CONFIRM, first in line 2; 1 TODO, first in line 3"
    path.write_text("a: 1  # confirmed\n", encoding="utf-8")
    assert list(left_open(path)) == []
    assert list(left_open(tmp_path / "absent.yml")) == []
