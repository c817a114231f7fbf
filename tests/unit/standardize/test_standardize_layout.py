"""Files held to what was agreed (X-09): columns, odd text, refusals; a new column is told and kept (F27)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from mapped_rows import STUDY, study_of, study_of_ae

from pipelines.ingest import CurrentDelivery, current_deliveries, ingest_site
from pipelines.ingest.examination import OddText
from pipelines.ingest.readers import Remark
from pipelines.settings import Home
from pipelines.standardize.delivery_facts import RefusedFile, find_refusals
from pipelines.standardize.layout_questions import (
    CONTROL_CHARACTERS,
    LAYOUT_REFUSALS,
    MISSING_COLUMN,
    NEW_COLUMN,
    OTHER_FORM,
    REFUSED,
    list_layout_questions,
)
from pipelines.study import Study


def delivered(
    source: str, *columns: str, odd_text: tuple[OddText, ...] = (), remarks: tuple[Remark, ...] = ()
) -> CurrentDelivery:
    return CurrentDelivery(
        site="101", source=source, system="edc", file=f"{source}.csv", source_file=f"{STUDY}/101/edc/{source}.csv",
        sha256="0", rows=1, columns=columns, received_at="2026-01-02T08:00:00Z", rows_path=Path("rows.parquet"),
        previous_rows=None, odd_text=odd_text, remarks=remarks,
    )  # fmt: skip


def questions(columns: dict[str, list[str]] | None, *came: str) -> dict[str, object]:
    study = study_of_ae({"AETERM": "term", "AEOUT": {"sql": "upper(out)"}}, source={"columns": columns})
    asked = list_layout_questions(study, [delivered("AE", *came)], {})
    at = {(question.site, question.dataset, question.source_name, question.source_file) for question in asked}
    assert at <= {("101", "AE", "AE", f"{STUDY}/101/edc/AE.csv")}
    assert len({question.record for question in asked}) == len(asked)
    assert all((question.problem is None) == (question.detail is None) for question in asked)
    return {str(question.column_name): question.problem for question in asked}


def test_columns_are_held_to_those_that_were_agreed_on() -> None:
    agreed = {"required": ["subj", "Term"], "optional": ["sev", "*_nsv"]}
    assert questions(agreed, "SUBJ", "term", "coder_NSV", "surprise") == {
        "Term": None, "subj": None, "sev": MISSING_COLUMN, "out": MISSING_COLUMN, "coder_NSV": None,
        "surprise": NEW_COLUMN,
    }  # fmt: skip


def test_parts_of_dates_measurements_and_conditions_are_asked_for() -> None:
    mappings = {
        "AE": [{"from": "X", "where": "form = 'AE'", "variables": {"AESTDTC": {"year": "y_nsv", "month": "m_nsv"}}}],
        "VS": [{"from": "X", "measurements": [{"testcd": "T", "test": "t", "result": "temp"}]}],
    }
    study = study_of({"X": {"path": "edc/X.csv", "columns": {"optional": ["*_nsv"]}}}, mappings)
    asked = list_layout_questions(study, [delivered("X", "m_nsv")], {})
    missing = {question.column_name for question in asked if question.problem == MISSING_COLUMN}
    assert missing == {"form", "y_nsv", "temp"}


def test_a_pattern_asks_for_no_column_and_a_mapped_one_is_asked_for() -> None:
    assert questions({"optional": ["*_nsv", "lab[0-9]", "a?"]}, "lab7", "lab77", "ab", "abc") == {
        "term": MISSING_COLUMN, "out": MISSING_COLUMN, "lab7": None, "lab77": NEW_COLUMN, "ab": None, "abc": NEW_COLUMN,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("export_format", "own"),
    [("redcap", "redcap_event_name"), ("rave", "InstanceRepeatNumber"), ("castor", "Participant Id"), ("csv", None)],
)
def test_a_column_that_the_system_itself_writes_is_not_new(export_format: str, own: str | None) -> None:
    source = {"path": "edc/AE.csv", "format": export_format, "columns": {"required": ["term"]}}
    study = study_of_ae({"AETERM": "term"}, source=source)
    came = ["term", "surprise", "redcap_event_name", "InstanceRepeatNumber", "Participant Id"]
    asked = list_layout_questions(study, [delivered("AE", *came)], {})
    new = {question.column_name for question in asked if question.problem == NEW_COLUMN}
    assert new == {*came[1:]} - {own}


def test_without_an_agreed_layout_nothing_is_asked() -> None:
    assert questions(None, "anything") == {}


def test_a_new_column_is_minor_and_a_missing_one_is_as_grave_as_the_check() -> None:
    study = study_of_ae({"AETERM": "term"}, source={"columns": {"required": ["subj"]}})
    asked = {question.record: question for question in list_layout_questions(study, [delivered("AE", "subj", "x")], {})}
    assert (asked["AE column x"].severity, asked["AE column x"].detail) == ("minor", "column x is new")
    assert (asked["AE column term"].severity, asked["AE column term"].detail) == (None, "column term is missing")


def test_what_a_reader_remarked_is_told_and_each_remark_is_a_record_of_its_own() -> None:
    remarks = (Remark("hidden_rows", "2 hidden rows in sheet Log", "Log", 4), Remark("hidden_rows", "1 hidden sheet"))
    first, second = list_layout_questions(study_of_ae({}), [delivered("AE", "term", remarks=remarks)], {})
    assert (first.record, first.problem, first.severity, first.detail, first.source_row) == (
        "AE hidden_rows 1", "remark", "minor", "2 hidden rows in sheet Log", 4,
    )  # fmt: skip
    assert second.record == "AE hidden_rows 2"


def test_what_is_odd_in_an_earlier_increment_is_told_of_that_file() -> None:
    file = f"{STUDY}/101/edc/AE_1.csv"
    one = delivered(
        "AE",
        remarks=(Remark("repeated_key", "rows 1, 2", "", 1, file),),
        odd_text=(OddText("term", "form", 2, 7, file),),
    )
    told = list_layout_questions(study_of_ae({}), [one], {})
    assert [(question.source_file, question.source_row) for question in told] == [(file, 7), (file, 1)]


def test_a_remark_about_a_whole_file_is_told_once_however_many_sources_share_it() -> None:
    remarks = (Remark("hidden_sheets", "1 hidden sheet"), Remark("hidden_rows", "2 hidden rows", "Log", 4))
    study = study_of({name: {"path": "edc/log.xlsx", "table": name} for name in ("AE", "VS")}, {})
    file = f"{STUDY}/101/edc/log.xlsx"
    both = [replace(delivered(name, "term", remarks=remarks), source_file=file) for name in study.sources]
    told = [(one.source_name, one.detail) for one in list_layout_questions(study, both, {})]
    assert told == [("AE", "1 hidden sheet"), ("AE", "2 hidden rows"), ("VS", "2 hidden rows")]
    other = [both[0], replace(both[1], site="102", source_file=f"{STUDY}/102/edc/log.xlsx")]
    assert len(list_layout_questions(study, other, {})) == 4


def test_odd_text_is_told_with_column_count_and_row() -> None:
    odd_text = (OddText("term", "control", 2, 7), OddText("term", "form", 1, 3))
    control, form = list_layout_questions(study_of_ae({}), [delivered("AE", "term", odd_text=odd_text)], {})
    assert (control.problem, control.severity, control.source_row) == (CONTROL_CHARACTERS, None, 7)
    assert control.detail == (
        "2 values of term with control characters or marks that change the direction of writing, the first in row 7"
    )
    assert (form.problem, form.severity, form.source_row) == (OTHER_FORM, "minor", 3)
    assert form.detail == (
        "1 value of term with no-break or zero-width spaces, full-width or decomposed characters, the first in row 3"
    )
    assert control.record != form.record


@pytest.mark.parametrize("code", sorted(LAYOUT_REFUSALS))
def test_a_file_that_was_refused_for_its_layout_is_told(code: str) -> None:
    refused = RefusedFile("ST-1/101/edc/AE.csv", code, "the reason in words", "2026-01-02T08:00:00Z")
    (question,) = list_layout_questions(study_of_ae({}), [], {("101", "AE"): refused})
    assert (question.site, question.dataset, question.source_file) == ("101", "AE", "ST-1/101/edc/AE.csv")
    assert (question.problem, question.severity) == (REFUSED, None)
    assert question.detail == "the file received last was refused: the reason in words"


@pytest.mark.parametrize("code", ["empty_file", "site_mismatch", "ragged_row", "unreadable"])
def test_a_file_that_was_refused_for_another_reason_has_no_other_layout(code: str) -> None:
    refused = RefusedFile("ST-1/101/edc/AE.csv", code, "the reason in words", "2026-01-02T08:00:00Z")
    assert list_layout_questions(study_of_ae({}), [], {("101", "AE"): refused}) == []


AGREED = study_of_ae({"AETERM": "term"}, source={"columns": {"required": ["subj", "term"]}})


def deliver(home: Home, content: bytes, study: Study = AGREED) -> None:
    path = home.landing / STUDY / "101" / "edc" / "AE.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    ingest_site(home, study, "101")


def problems(home: Home) -> list[tuple[str | None, str | None]]:
    asked = list_layout_questions(AGREED, current_deliveries(home, STUDY), find_refusals(home, AGREED))
    return [(question.column_name, question.problem) for question in asked if question.problem]


def test_a_new_column_is_told_and_kept_in_the_store(home: Home) -> None:
    deliver(home, b"subj,term,surprise\n001,a,007\n002,b,\n")
    assert problems(home) == [("surprise", NEW_COLUMN)]
    (delivery,) = current_deliveries(home, STUDY)
    assert pl.read_parquet(delivery.rows_path)["surprise"].to_list() == ["007", ""]


@pytest.mark.parametrize("broken", [b"subj,other\n001,a\n", b"subj,term\n001,\xff\n"])
def test_a_refused_file_is_told_until_a_good_one_comes(home: Home, broken: bytes) -> None:
    deliver(home, b"subj,term\n001,a\n")
    assert problems(home) == []
    deliver(home, broken)
    assert problems(home) == [(None, REFUSED)]
    deliver(home, b"subj,term\n001,a\n002,b\n")
    assert problems(home) == []
