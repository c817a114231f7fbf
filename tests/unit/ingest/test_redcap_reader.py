"""A REDCap export: every filled cell stands in one instrument's table, and what does not fit the dictionary is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redcap_case import (
    DICTIONARY,
    ENROLMENT,
    HEADER,
    KEYS,
    LONGITUDINAL,
    Project,
    as_csv,
    dictionary_bytes,
    field,
    rows_of,
)

from pipelines.ingest.readers import READERS, Reading
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Columns, Source


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def refusal_of(project: Project | None, data: bytes) -> Refusal:
    source = Source(path="edc/e.csv", format="redcap", dictionary=str(project.file) if project else None)
    with pytest.raises(Refusal) as caught:
        READERS["redcap"].read(data, source)
    return caught.value


def remarks_of(reading: Reading) -> dict[str, str]:
    return {remark.code: remark.text for remark in reading.remarks}


def test_each_instrument_has_its_rows(project: Project) -> None:
    reading = project.read(LONGITUDINAL)
    tables = {table.name: table for table in reading.tables}

    assert list(tables) == ["", "enrolment", "vitals", "ae", "data_dictionary"]
    whole, enrolment, ae = tables[""], tables["enrolment"], tables["ae"]
    assert (whole.header, whole.rows.num_rows, whole.part_of) == (HEADER, 5, None)
    assert (whole.keys, whole.subject, whole.site) == (frozenset(KEYS), "record_id", "redcap_data_access_group")
    assert enrolment.header == (*KEYS, *ENROLMENT)
    assert [row[0:2] for row in rows_of(enrolment)] == [("1", "visit_1_arm_1"), ("2", "visit_1_arm_1")]
    assert [row[5] for row in rows_of(tables["vitals"])] == ["61", "62"]
    # The second event holds nothing but is a row of the form: REDCap says so.
    assert [row[3:] for row in rows_of(ae)] == [("1", "north", "Headache", "2"), ("2", "north", "", "")]
    assert ae.places is not None
    assert ae.places.to_pylist() == ["row 3", "row 4"]
    assert ae.numbers is not None
    assert ae.numbers.to_pylist() == [3, 4]
    assert (ae.subject, ae.site, ae.part_of, ae.keys) == (whole.subject, whole.site, "", whole.keys)
    assert reading.counts == {"records": 2, "events": 2, "data_access_groups": 2, "instruments": 3}
    assert reading.remarks == ()


def test_without_a_dictionary_the_whole_file_is_read() -> None:
    reading = READERS["redcap"].read(LONGITUDINAL, Source(path="edc/e.csv", format="redcap"))
    (whole,) = reading.tables
    assert (whole.name, whole.header, whole.rows.num_rows) == ("", HEADER, 5)
    assert (whole.keys, whole.subject, whole.site) == (frozenset(KEYS), "record_id", "redcap_data_access_group")


CELLS = st.sampled_from(["", "", "0", "1", "x", "NA"])
KEY_CELLS = {
    "record_id": st.sampled_from("123"),
    "redcap_event_name": st.sampled_from(["e1", "e2"]),
    "redcap_repeat_instrument": st.sampled_from(["", "ae", "vitals", "nowhere"]),
    "redcap_repeat_instance": st.sampled_from(["", "1", "2"]),
    "redcap_data_access_group": st.sampled_from(["", "north"]),
}


@st.composite
def exports(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """Header and rows of an export, of a part of the fields, also rows such as REDCap would never write."""
    keys = draw(st.lists(st.sampled_from(KEYS[1:]), unique=True))
    fields = draw(st.lists(st.sampled_from(HEADER[len(KEYS) :]), unique=True, min_size=1))
    header = ("record_id", *keys, *fields)
    row = st.tuples(*[KEY_CELLS.get(name, CELLS) for name in header])
    return [header, *draw(st.lists(row, max_size=8))]


def test_every_filled_cell_stands_in_one_instrument(project: Project) -> None:
    rows_seen = Counter[str]()

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(exports())
    def check(written: list[tuple[str, ...]]) -> None:
        header, *rows = written
        reading = project.read(as_csv(written))
        whole, *instruments, _ = reading.tables
        assert rows_of(whole) == rows
        keys = len(whole.keys)
        found: Counter[tuple[int, str, str]] = Counter()
        for table in instruments:
            assert table.numbers is not None
            for number, row in zip(table.numbers.to_pylist(), rows_of(table), strict=True):
                assert row[:keys] == rows[number - 1][:keys]
                rows_seen[table.name] += 1
                cells = list(zip(table.header, row, strict=True))[keys:]
                found.update((number, column, cell) for column, cell in cells if cell)
        expected = Counter(
            (number, column, cell)
            for number, row in enumerate(rows, start=1)
            for column, cell in list(zip(header, row, strict=True))[keys:]
            if cell
        )
        assert found == expected
        points = reading.on_request["data_points"]()
        assert {row[-3] for row in rows_of(points)} <= {table.name for table in instruments}

    check()
    assert min(rows_seen[form] for form in ("enrolment", "vitals", "ae")) > 50


def test_what_the_dictionary_does_not_know_is_told_and_kept(project: Project) -> None:
    data = as_csv([("record_id", "sex", "enrolment_complete", "race___unk", "shoe_size"), ("1", "0", "2", "1", "42")])
    reading = project.read(data)
    tables = {table.name: table for table in reading.tables}
    assert "shoe_size" in tables[""].header
    # A choice that is not listed belongs to its checkbox all the same.
    assert rows_of(tables["enrolment"]) == [("1", "0", "2", "1")]
    assert "vitals" not in tables
    remarks = remarks_of(reading)
    assert set(remarks) == {"unknown_columns", "fields_not_exported", "unknown_choices", "choices_not_exported"}
    assert "shoe_size" in remarks["unknown_columns"]
    # Text on a form is no field that could be exported; the race is there, if only by that choice; one may leave out
    # whole instruments.
    assert remarks["fields_not_exported"].endswith("1 fields of the data dictionary were not exported: pregnant")
    # A contract asks for the columns itself.
    assert "fields_not_exported" not in remarks_of(project.read(data, columns=Columns(required=["sex"])))
    assert "race___unk" in remarks["unknown_choices"]
    assert "unknown_choices" not in remarks_of(project.read(data, missing=["UNK"]))


def test_a_missing_code_where_the_dictionary_allows_none_is_told(project: Project) -> None:
    data = as_csv([("record_id", "sex", "weight"), ("1", "-99", "-99"), ("2", "0", "70"), ("3", "1", "-99")])
    (remark,) = [r for r in project.read(data, missing=["-99"]).remarks if r.code == "missing_code_in_nomissing"]
    assert remark.text.startswith("2 values of weight are a code that study.yml calls missing")
    assert remark.text.endswith("rows 1, 3")
    assert "missing_code_in_nomissing" not in remarks_of(project.read(data))


def test_repeated_keys_are_told_with_their_rows(project: Project) -> None:
    header = ("record_id", "redcap_repeat_instrument", "redcap_repeat_instance", "sex", "ae_term")
    rows = [("1", "", "", "0", ""), ("1", "ae", "1", "", "A"), ("1", "ae", "2", "", "B"), ("1", "ae", "1", "", "C")]
    repeated = [r for r in project.read(as_csv([header, *rows])).remarks if r.code == "repeated_key"]
    # The rows are those of the file, of which the instrument's table is a choice.
    assert [(remark.table, remark.row) for remark in repeated] == [("", 2), ("ae", 2)]
    assert {remark.text.partition(": ")[2] for remark in repeated} == {"rows 2, 4"}
    # A source that takes an instrument is told of that one alone.
    source = Source(path="edc/e.csv", format="redcap", dictionary=str(project.file), table="enrolment")
    told = [
        r.table for r in READERS["redcap"].read(as_csv([header, *rows]), source).remarks if r.code == "repeated_key"
    ]
    assert told == ["ae"]


def test_rows_that_are_of_no_record_or_of_another_instrument_are_told(project: Project) -> None:
    header = ("record_id", "redcap_repeat_instrument", "redcap_repeat_instance", "sex", "ae_term")
    rows = [(" ", "", "", "0", ""), ("1", "ae", "1", "1", "A"), ("2", "Adverse event", "1", "", "B")]
    reading = project.read(as_csv([header, *rows]))
    remarks = remarks_of(reading)
    assert set(remarks) == {
        "blank_record_id", "unknown_instrument", "values_of_other_instrument", "fields_not_exported",
    }  # fmt: skip
    assert "row 1" in remarks["blank_record_id"]
    assert "row 3" in remarks["unknown_instrument"]
    assert remarks["values_of_other_instrument"].startswith("1 rows repeat another instrument but hold values of enrol")
    assert not any("Adverse" in text for text in remarks.values())
    # Nothing of it is lost.
    assert [row[0] for row in rows_of(reading.tables[2])] == ["1", "2"]


def test_a_remark_lists_the_first_rows_and_counts_the_others(project: Project) -> None:
    data = as_csv([("record_id", "sex"), *[("7", "0")] * 50])
    text = remarks_of(project.read(data))["repeated_key"]
    assert text.startswith("50 rows have record")
    assert text.endswith("19, 20 and 30 more")


def test_an_export_without_rows_is_read(project: Project) -> None:
    reading = project.read(as_csv([HEADER]))
    assert [table.rows.num_rows for table in reading.tables] == [0, 0, 0, 0, 7]
    assert reading.counts["records"] == 0
    assert project.points(as_csv([HEADER])).rows.num_rows == 0


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (("Study ID", "Sex"), "labels_exported"),
        (("subject", "sex"), "no_record_id"),
        (("redcap_event_name", "record_id"), "no_record_id"),
        (("record_id", "Weight (kg)"), "not_redcap"),
        (("record_id", "shoe_size", "hat_size"), "wrong_dictionary"),
    ],
)
def test_an_export_of_another_kind_is_refused(project: Project, header: tuple[str, ...], code: str) -> None:
    refusal = refusal_of(project, as_csv([header, ["secret-value"] * len(header)]))
    assert (refusal.code, refusal.line) == (code, 1)
    assert "secret-value" not in refusal.text


@pytest.mark.parametrize("header", [("Study ID", "Sex"), ("redcap_event_name", "sex"), ("1", "Miller"), (" ", "sex")])
def test_without_a_dictionary_the_header_must_still_be_redcaps(header: tuple[str, ...]) -> None:
    assert refusal_of(None, as_csv([header, ("1", "0")])).code in ("not_redcap", "no_record_id")


@pytest.mark.parametrize(
    ("dictionary", "said"),
    [
        (b"", "holds nothing"),
        (b"a,b\n1\n", "line 2 has 1 fields"),
        (b"Variable / Field Name,Form Name,Field Type\nrecord_id,f,text\n", "choices"),
        (dictionary_bytes(), "lists no field"),
        (dictionary_bytes(field("record_id", "f"), field("", "f")), "row 2 names no field"),
        (dictionary_bytes(field("record_id", "f"), field("RECORD_ID", "g")), "rows 1 and 2 list the same field"),
        (dictionary_bytes(field("record_id", "data_points")), "instrument is called data_points"),
        (DICTIONARY.replace(b"Section Header", b"", 1).replace(b",enrolment,,", b",enrolment,x,", 1), "no name"),
    ],
)
def test_an_unusable_dictionary_is_told(tmp_path: Path, dictionary: bytes, said: str) -> None:
    refusal = refusal_of(Project(tmp_path, dictionary), as_csv([HEADER]))
    assert refusal.code == "unusable_dictionary"
    assert said in refusal.text


def test_the_dictionary_is_a_table_as_it_was_written(project: Project, tmp_path: Path) -> None:
    table = project.tables(LONGITUDINAL)["data_dictionary"]
    assert (
        dict(zip(table.header, rows_of(table)[2], strict=True))["Branching Logic (Show field only if...)"]
        == "[sex] = '0'"
    )
    assert table.keys == frozenset(table.header)
    # Some are written with a comma too many; and the API names the columns in its own way.
    lines = DICTIONARY.decode().split("\r\n")
    longer = "\r\n".join(line + "," if line else line for line in lines).encode()
    assert Project(tmp_path, longer).tables(LONGITUDINAL)["data_dictionary"].header == table.header
    header = ("field_name", "form_name", "field_type", "select_choices_or_calculations")
    api = as_csv([header, ("record_id", "enrolment", "text", ""), ("sex", "enrolment", "radio", "0, F")])
    tables = Project(tmp_path, api).tables(as_csv([("record_id", "sex"), ("1", "0")]))
    assert rows_of(tables["enrolment"]) == [("1", "0")]


@pytest.mark.parametrize(
    ("column", "cell"), [("race___1", "Checked"), ("race___1", "Unchecked"), ("enrolment_complete", "Complete")]
)
def test_labels_under_a_raw_header_are_refused(project: Project, column: str, cell: str) -> None:
    refusal = refusal_of(project, as_csv([("record_id", "sex", column), ("1", "", ""), ("2", "Female", cell)]))
    assert refusal.code == "labels_exported"
    assert "first column 3" in refusal.text
