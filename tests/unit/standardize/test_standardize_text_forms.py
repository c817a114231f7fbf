"""F35: text that looks alike is compared alike; the text as it came stays in the store and beside each cast."""

from __future__ import annotations

import unicodedata

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapped_rows import Shelf, column, study_of, study_of_ae

from pipelines.foreign_text import normal_form, normal_form_sql

NFD = unicodedata.normalize("NFD", "é")

# Kind, the text as delivered, the text that it is compared as.
FORMS = [
    ("a letter and its accent", f"caf{NFD}", "café"),
    ("digits of full width", "００１", "001"),
    ("a space that does not break", "Week\u00a04", "Week 4"),
    ("spaces that do not break around", "\u00a0001\u202f", "001"),
    ("a space without width", "00\u200b1", "001"),
    ("a byte order mark inside", "\ufeff001", "001"),
]
KINDS = [form[0] for form in FORMS]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12))
def test_sql_gives_the_same_normal_form(text: str) -> None:
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT {normal_form_sql('x')} FROM (SELECT ?::VARCHAR AS x)", [text]).fetchone()
    assert row == (normal_form(text),)


@pytest.mark.parametrize(("_", "text", "compared"), FORMS, ids=KINDS)
def test_items_and_subjects_are_compared_in_normal_form(shelf: Shelf, _: str, text: str, compared: str) -> None:
    path = shelf.put("AE", ["subj", "term"], [text, text], ["plain", "plain"])
    rows = shelf.read(study_of_ae({"AETERM": "term"}))
    assert column(rows, "subject") == column(rows, "AETERM") == [compared, "plain"]
    assert column(rows, "USUBJID") == [f"ST-1-{compared}", "ST-1-plain"]
    with duckdb.connect() as connection:
        kept = connection.execute("SELECT term FROM read_parquet(?) ORDER BY __source_row", [str(path)]).fetchall()
    assert kept == [(text,), ("plain",)]


@pytest.mark.parametrize(("_", "text", "compared"), FORMS, ids=KINDS)
@pytest.mark.parametrize("is_declared_odd", [False, True])
def test_codes_and_conditions_meet_either_form(
    shelf: Shelf, _: str, text: str, compared: str, is_declared_odd: bool
) -> None:
    declared = text if is_declared_odd else compared
    shelf.put("AE", ["subj", "flag", "result"], ["1", text, text], ["2", compared, compared], ["3", "x", "x"])
    variables = {"AESER": {"item": "flag", "values": {declared: "Y"}}, "AEOUT": "result"}
    rows = shelf.read(study_of_ae(variables, source={"missing": [declared]}))
    assert column(rows, "AESER") == [None, None, "x"]
    assert column(rows, "AEOUT") == [None, None, "x"]
    mapped = shelf.read(study_of_ae({"AESER": variables["AESER"]}, where=f"result = '{compared}'"))
    assert column(mapped, "AESER") == ["Y", "Y"]


@pytest.mark.parametrize(("_", "text", "compared"), FORMS, ids=KINDS)
def test_what_the_mapping_gives_is_in_the_form_of_what_is_delivered(
    shelf: Shelf, _: str, text: str, compared: str
) -> None:
    shelf.put("AE", ["subj", "flag"], ["1", "yes"])
    variables = {"AETERM": {"value": text}, "AEOUT": {"item": "flag", "values": {"yes": text}}}
    (row,) = shelf.read(study_of_ae(variables))
    assert (row["AETERM"], row["AEOUT"]) == (compared, compared)


def test_a_date_and_a_number_keep_the_text_as_it_came(shelf: Shelf) -> None:
    source = {"path": "edc/EX.csv", "subject": "subj", "missing": ["NA"], "dates": {"day": ["ISO8601"]}}
    study = study_of({"EX": source}, {"EX": [{"from": "EX", "variables": {"EXDOSE": "dose", "EXSTDTC": "day"}}]})
    shelf.put("EX", ["subj", "dose", "day"], ["1", "１.5", "２０２４-01-02"], ["2", "2.5", " 2024-01 "])
    rows = shelf.read(study, "EX")
    assert column(rows, "EXDOSE") == ["1.5", "2.5"]
    assert column(rows, "EXDOSE__delivered") == ["１.5", "2.5"]
    assert column(rows, "EXSTDTC") == ["2024-01-02", "2024-01"]
    assert column(rows, "EXSTDTC__delivered") == ["２０２４-01-02", "2024-01"]


def test_a_blank_in_any_form_is_blank_and_has_no_text_beside_it(shelf: Shelf) -> None:
    source = {"path": "edc/EX.csv", "subject": "subj", "missing": ["NA"]}
    study = study_of({"EX": source}, {"EX": [{"from": "EX", "variables": {"EXDOSE": "dose"}}]})
    shelf.put("EX", ["subj", "dose"], ["1", "\u200b"], ["2", "ＮＡ"], ["3", "\u00a0 "])
    rows = shelf.read(study, "EX")
    assert column(rows, "EXDOSE") == column(rows, "EXDOSE__delivered") == [None] * 3


def test_where_all_text_is_plain_nothing_is_translated(shelf: Shelf) -> None:
    shelf.put("AE", ["subj", "term"], ["1", "plain"])
    study = study_of_ae({"AETERM": "term"})
    assert "nfc_normalize" not in shelf.query(study, "AE")
    shelf.put("AE", ["subj", "term"], ["1", "１"])
    assert shelf.query(study, "AE").count("nfc_normalize") == 2  # the text, and whether it is blank
