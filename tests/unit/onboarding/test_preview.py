"""What a preview counts, and what it says of a file that is refused or odd."""

from __future__ import annotations

import csv as csv_module
import dataclasses
import io
import zipfile

import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.readers import Content, Reading, Remark, Table
from pipelines.onboarding import preview as room
from pipelines.onboarding.preview import Preview, preview_archive, preview_export
from pipelines.study_source import Source

AE = "SUBJ,SITE,AETERM,AESEV\n1,101,Headache,\n1,101,Nausea,MILD\n2,101,,\n"


def csv(text: str, **settings: object) -> Preview:
    source = Source.model_validate({"path": "any/file", **settings})
    return preview_export(text.encode(source.encoding), source, "AE", rows=2)


def table(name: str, columns: dict[str, list[str | None]], **settings: object) -> Table:
    rows = pa.table({f"f{i}": pa.array(values, pa.string()) for i, values in enumerate(columns.values())})
    return dataclasses.replace(Table(name, tuple(columns), rows), **settings)


@pytest.fixture
def read_as(monkeypatch: pytest.MonkeyPatch):
    """Have a format's reader give these tables."""

    def give(*tables: Table, table: str | None = None, subject: str | None = None, **settings: object) -> Preview:
        reading = dataclasses.replace(Reading(tables), **settings)

        def read(_data: Content, _source: Source) -> Reading:
            return reading

        monkeypatch.setattr(room, "read_export", read)
        source = Source.model_validate({"path": "any/file", "table": table, "subject": subject})
        return preview_export(b"", source, "file", rows=1)

    return give


def test_a_csv_file_is_one_dataset_of_its_own_name() -> None:
    seen = csv(AE)
    assert [(d.name, d.rows, d.columns, d.values) for d in seen.datasets] == [("AE", 3, 4, 9)]
    assert [item.first for item in seen.datasets[0].items] == [
        ("1", "1"), ("101", "101"), ("Headache", "Nausea"), ("", "MILD"),
    ]  # fmt: skip
    assert (seen.values, seen.subjects, seen.sites, seen.problems) == (9, None, None, ())


def test_columns_that_say_whose_a_row_is_hold_no_data() -> None:
    seen = csv(AE, subject="subj", site="SITE")
    assert (seen.subjects, seen.sites, seen.values) == (2, 1, 3)
    assert [item.is_key for item in seen.datasets[0].items] == [True, True, False, False]


def test_a_subject_in_sql_and_under_an_alias_is_counted() -> None:
    seen = csv(AE, subject={"sql": "ID || '-' || SITE"}, aliases={"SUBJ": "ID"})
    assert seen.subjects == 2


def test_sql_that_fails_on_the_rows_refuses_without_their_content() -> None:
    seen = csv(AE, subject={"sql": "CAST(AETERM AS INTEGER)"})
    assert seen.is_refused
    assert [problem.code for problem in seen.problems] == ["expression_unreadable"]
    assert "Headache" not in seen.problems[0].message


@given(st.lists(st.tuples(*[st.text('ab ,;"\n0é', max_size=4)] * 3), max_size=8))
def test_every_filled_value_is_counted(rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO(newline="")
    csv_module.writer(text, quoting=csv_module.QUOTE_ALL).writerows([("SUBJ", "A", "B"), *rows])
    seen = csv(text.getvalue(), subject="SUBJ")
    assert [(dataset.rows, dataset.columns) for dataset in seen.datasets] == [(len(rows), 3)]
    assert seen.values == sum(value != "" for row in rows for value in row[1:])
    assert seen.subjects == len({row[0].strip() for row in rows} - {""})


@pytest.mark.parametrize(
    ("text", "settings", "code", "line"),
    [
        ("a,b\n1\n", {}, "ragged_row", 2),
        ("a,A\n1,2\n", {}, "duplicate_column", 1),
        ("a,b\n1,2\n", {"subject": "c"}, "missing_column", 1),
        ("a,b\n1,2\n", {"table": "AE"}, "missing_table", None),
        ("", {}, "empty_file", None),
    ],
)
def test_a_refused_file_has_its_reason_and_nothing_else(
    text: str, settings: dict[str, str], code: str, line: int | None
) -> None:
    seen = csv(text, **settings)
    assert seen.is_refused
    assert (seen.datasets, seen.values, seen.subjects, seen.sites) == ((), 0, None, None)
    assert [(problem.code, problem.line) for problem in seen.problems] == [(code, line)]


def test_values_of_a_part_count_once_and_parts_are_forms(read_as) -> None:
    whole = table("", {"id": ["1", "2"], "a": ["x", ""], "b": ["y", "z"]}, keys=frozenset({"id"}), subject="id")
    part = table("first", {"id": ["1"], "a": ["x"]}, keys=frozenset({"id"}), subject="id", part_of="")
    items = table("dictionary", {"item": ["a"]}, keys=frozenset({"item"}), added=True)
    seen = read_as(whole, part, items)
    assert [(d.name, d.rows, d.columns) for d in seen.datasets] == [("file", 2, 3)]
    assert [(d.name, d.rows, d.columns, d.values) for d in seen.forms] == [("first", 1, 2, 1), ("dictionary", 1, 1, 0)]
    assert (seen.values, seen.subjects, seen.sites) == (3, 2, None)


def test_the_part_that_a_source_names_is_its_dataset(read_as) -> None:
    whole = table("", {"id": ["1", "2"], "a": ["x", "y"]}, keys=frozenset({"id"}), subject="id")
    part = table("first", {"id": ["1"], "a": ["x"]}, keys=frozenset({"id"}), subject="id", part_of="")
    seen = read_as(whole, part, table="first")
    assert [(d.name, d.values) for d in seen.datasets] == [("first", 1)]
    assert (seen.forms, seen.subjects) == ((), 1)


def test_a_table_that_a_sparse_file_lacks_is_empty_and_told(read_as) -> None:
    seen = read_as(table("there", {"a": ["x"]}), table="elsewhere", sparse=True)
    assert not seen.is_refused
    assert [(d.name, d.rows) for d in seen.datasets] == [("elsewhere", 0)]
    assert [problem.code for problem in seen.problems] == ["absent_table"]


def test_what_was_not_mentioned_is_no_value(read_as) -> None:
    seen = read_as(table("t", {"a": ["x", None, ""], "b": [None, None, None]}))
    assert seen.values == 1


def test_subjects_without_a_row_count_where_the_format_knows_them(read_as) -> None:
    rows = table("t", {"id": ["1"], "site": ["9"]}, keys=frozenset({"id", "site"}), subject="id", site="site")
    seen = read_as(rows, counts={"subjects": 5, "forms": 2})
    assert (seen.subjects, seen.sites, seen.counts) == (5, 1, {"subjects": 5, "forms": 2})


def test_items_have_the_names_that_the_file_gives_them(read_as) -> None:
    data = table("IG.1", {"Key": ["1"], "I_1": ["x"]}, keys=frozenset({"Key"}))
    about = table("ItemDef", {"OID": ["I_1"], "Name": ["AETERM"]}, keys=frozenset({"OID", "Name"}))
    seen = read_as(data, about)
    assert [(item.name, item.item) for item in seen.datasets[0].items] == [("Key", None), ("I_1", "AETERM")]


def test_a_remark_is_a_problem_with_its_line_and_the_file_is_read(read_as) -> None:
    rows = table("S", {"a": ["x", "y"]}, places=pa.array(["line 7: /a[1]", "line 9: /a[2]"]))
    seen = read_as(rows, remarks=(Remark("odd", "one thing", "S", 2), Remark("file", "another")))
    assert not seen.is_refused
    assert [(p.code, p.message, p.line) for p in seen.problems] == [
        ("odd", "table S: row 2: one thing", 9),
        ("file", "another", None),
    ]
    assert seen.datasets[0].place == "line 7: /a[1]"


def test_a_remark_on_a_row_that_keeps_its_number_in_the_file_has_its_line(read_as) -> None:
    rows = table("S", {"a": ["x", "y"]}, places=pa.array(["line 7", "line 9"]), numbers=pa.array([4, 6]))
    seen = read_as(rows, remarks=(Remark("odd", "one thing", "S", 6),))
    assert [(p.message, p.line) for p in seen.problems] == [("table S: row 6: one thing", 9)]


def test_one_table_that_no_source_can_take_does_not_refuse_the_others(read_as) -> None:
    seen = read_as(table("good", {"a": ["x"]}), table("bad", {"a": ["x"], "A": ["y"]}))
    assert not seen.is_refused
    assert [dataset.name for dataset in seen.datasets] == ["good", "bad"]
    assert [problem.code for problem in seen.problems] == ["duplicate_column"]
    assert seen.problems[0].message.startswith("table bad: ")


def packed(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def test_what_a_zip_holds_is_told_to_who_may_have_to_choose() -> None:
    data = packed("a/AE.csv", "a/CM.csv")
    told = "it holds a/AE.csv, a/CM.csv: name one of them with --member, and with --as how that is written"
    for seen in (preview_archive(data), preview_export(data, Source(path="any/file"), "AE", 1)):
        assert seen.is_refused
        assert told in seen.problems[0].message


def test_a_workbook_is_not_taken_for_an_archive() -> None:
    seen = preview_export(packed("notes.txt"), Source(path="any/file", format="xlsx"), "notes", 1)
    assert seen.is_refused
    assert "--member" not in seen.problems[0].message


def test_what_is_called_a_zip_and_is_none_is_refused_as_that() -> None:
    seen = preview_archive(b"a,b\n1,2\n")
    assert (seen.format, [problem.code for problem in seen.problems]) == ("zip", ["not_an_archive"])


def test_a_file_of_another_format_is_told_by_its_first_bytes() -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as opened:
        opened.add_worksheet("AE").write_row(0, 0, ["SUBJ", "SUBJ"])
    for format_name in ("csv", "odm", "dataset-json", "sas7bdat", "secutrial"):
        seen = preview_export(book.getvalue(), Source(path="any/file", format=format_name), "AE", rows=1)
        assert seen.problems[0].message.endswith("; it begins as xlsx does: --as xlsx")
        assert "[Content_Types].xml" not in seen.problems[0].message
    (problem,) = preview_export(book.getvalue(), Source(path="any/file", format="xlsx"), "AE", rows=1).problems
    assert (problem.code, "--header-rows" in problem.message) == ("duplicate_column", True)


def test_a_named_column_that_no_table_has_is_a_problem(read_as) -> None:
    tables = (table("A", {"SUBJ": ["1"]}), table("B", {"SUBJ": ["1"]}))
    assert read_as(*tables, subject="SUBJ").problems == ()
    assert [(one.code, one.message) for one in read_as(*tables, subject="SUBJEKT").problems] == [
        ("missing_column", "no table has the column SUBJEKT that --subject names")
    ]
