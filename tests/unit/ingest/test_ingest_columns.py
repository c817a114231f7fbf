"""Columns are found by name, never by place; a missing or doubtful one refuses the file (F22, F28, F29, F31, F48)."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl
import pytest
from ingest_desk import Desk

from pipelines.ingest import unusable_site_folders

LINEAGE = ["__source_file", "__source_row", "__site"]
CONTRACT = {"required": ["SUBJ", "term", "*_nsv"], "optional": ["AESER"]}


def values(frame: pl.DataFrame) -> list[dict[str, str]]:
    """The rows without their lineage, whatever the order of rows and columns."""
    rows = frame.drop(LINEAGE).select(sorted(frame.drop(LINEAGE).columns)).to_dicts()
    return sorted(rows, key=lambda row: sorted(row.items()))


def test_rows_keep_their_text_and_know_their_place(desk: Desk) -> None:
    desk.take("edc/AE.csv", 'a,b\n007, x \n"1\n2",\n')
    rows = desk.current()
    assert rows.columns == [*LINEAGE, "a", "b"]
    assert rows.dtypes == [pl.String, pl.Int64, pl.String, pl.String, pl.String]
    assert rows.rows() == [
        ("ST-1/101/edc/AE.csv", 1, "101", "007", " x "),
        ("ST-1/101/edc/AE.csv", 2, "101", "1\n2", ""),
    ]


def test_a_header_alone_is_a_delivery_of_no_rows(desk: Desk) -> None:
    event = desk.take("edc/AE.csv", "a,b\n")
    assert (event.status, event.rows, event.columns) == ("accepted", 0, ("a", "b"))
    assert desk.current().schema == dict(
        zip([*LINEAGE, "a", "b"], [pl.String, pl.Int64, pl.String, pl.String, pl.String], strict=True)
    )


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("pat,invid,subj,term,x", ""),
        ("PAT,INVID,SUBJ,TERM", ""),
        ("pat,invid,subj,x", "term"),
        ("pat,term,subj", "invid"),
        ("x,y", "SUBJ, term, pat, invid"),
    ],
)
def test_required_columns_are_required(desk_for: Callable[..., Desk], header: str, missing: str) -> None:
    event = desk_for(columns=CONTRACT, subject="pat", site="invid").take("edc/AE.csv", f"{header}\n")
    reason = f"missing_column: the file has no column {missing}" if missing else ""
    assert (event.status, event.reason) == ("refused" if missing else "accepted", reason)


@pytest.mark.parametrize(
    ("sql", "header", "missing"),
    [
        ("split_part(subj, '-', 1)", "SUBJ,x", ""),
        ("split_part(subj, '-', 1)", "x", "subj"),
        ("coalesce(nullif(subj, ''), \"IT.Screen No\")", "subj,IT.screen no", ""),
        ("coalesce(nullif(subj, ''), \"IT.Screen No\")", "x", "IT.Screen No, subj"),
        ("'one'", "x", ""),
    ],
)
def test_a_subject_s_expression_requires_the_columns_that_it_reads(
    desk_for: Callable[..., Desk], sql: str, header: str, missing: str
) -> None:
    event = desk_for(subject={"sql": sql}).take("edc/AE.csv", f"{header}\n")
    assert event.reason == (f"missing_column: the file has no column {missing}" if missing else "")


def test_a_column_that_becomes_required_has_the_file_read_again(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(columns={"required": [], "optional": ["a"]})
    assert desk.take("edc/AE.csv", "b\n").status == "accepted"
    subject = {"sql": "upper(a)"}
    changed = desk_for(columns={"required": [], "optional": ["a"]}, subject=subject).study
    (event,) = desk.ingest(changed)
    assert event.reason == "missing_column: the file has no column a"


def test_headers_in_other_case_trimmed_or_under_an_alias_get_the_agreed_name(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(columns=CONTRACT, aliases={"Adverse Event": "term"}, dates={"AEStart": ["YYYY"]})
    event = desk.take("edc/AE.csv", " subj ,ADVERSE EVENT,aeser, Own Name ,aestart\n1,2,3,4,5\n")
    assert event.columns == ("SUBJ", "term", "AESER", "Own Name", "AEStart")


def test_swapped_headers_carry_their_values_along(desk: Desk) -> None:
    desk.take("edc/AE.csv", "a,b\n1,2\n")
    first = values(desk.current())
    desk.take("edc/AE.csv", "b,a\n2,1\n")
    assert values(desk.current()) == first == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("a,a", "duplicate_column"),
        ("a, A ", "duplicate_column"),
        ("term,Event", "duplicate_column"),
        ("a,\uff41", "duplicate_column"),
        ("a,\u200ba", "duplicate_column"),
        ("é,e\u0301", "duplicate_column"),
        ("a,", "blank_column"),
        ("a,  ", "blank_column"),
        ("\na,b", "blank_column"),
        ("a,__SITE", "reserved_column"),
    ],
)
def test_doubtful_headers_are_refused(desk_for: Callable[..., Desk], header: str, code: str) -> None:
    event = desk_for(aliases={"event": "term"}).take("edc/AE.csv", f"{header}\n")
    assert (event.status, event.reason.split(":")[0], event.line) == ("refused", code, 1)


def test_a_file_without_a_header_does_not_show_its_values_in_the_reason(desk: Desk) -> None:
    event = desk.take("edc/AE.csv", "SECRET,SECRET\n")
    assert event.reason == "duplicate_column: columns 1 and 2 have the same name"


def test_rewritten_files_hold_the_same_rows(desk: Desk) -> None:
    chance = random.Random(1)  # noqa: S311 - it shuffles a test's rows
    rows = [{"a": f"{n}", "b": chance.choice(["x", "x;y", 'say "x"', "", "x,y"])} for n in range(20)]
    desk.put("edc/AE.csv", "a,b\n")
    desk.ingest()
    seen = set()
    for line_end in ("\n", "\r\n", "\r"):
        for quote_all in (False, True):
            chance.shuffle(rows)
            order = chance.sample(["a", "b"], 2)
            lines = [order, *[[row[name] for name in order] for row in rows]]
            cells = [
                ['"' + v.replace('"', '""') + '"' if quote_all or set(v) & set(',"') else v for v in line]
                for line in lines
            ]
            event = desk.take("edc/AE.csv", "".join(",".join(line) + line_end for line in cells))
            assert (event.status, event.rows) == ("accepted", 20)
            seen.add(str(values(desk.current())))
    assert len(seen) == 1
    assert values(desk.current()) == sorted(rows, key=lambda row: sorted(row.items()))


@pytest.mark.parametrize("value", ["101", " 101 ", "", "NA"])
def test_rows_of_the_site_or_of_none_are_accepted(desk_for: Callable[..., Desk], value: str) -> None:
    event = desk_for(site="inv", missing=["NA"]).take("edc/AE.csv", f"INV,a\n101,1\n{value},2\n")
    assert (event.status, event.rows) == ("accepted", 2)


def test_a_row_of_another_site_refuses_the_file(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(site="inv")
    (desk.home.landing / "ST-1" / "102").mkdir(parents=True)
    event = desk.take("edc/AE.csv", "inv,a\n101,x\n,x\n102,x\n")
    assert event.reason == "site_mismatch: row 3 names site 102 in column inv, but 101 delivered it"
    assert desk.take("edc/AE.csv", "inv,a\nJane Doe,x\n").reason.startswith("site_mismatch: row 1 names another site ")
    assert desk.listed() == [("AE.csv", "refused"), ("AE.csv", "refused")]


def test_a_subject_number_that_begins_with_another_site_refuses_the_file(desk_for: Callable[..., Desk]) -> None:
    desk = desk_for(site={"sql": "split_part(pat, '-', 1)"})
    (desk.home.landing / "ST-1" / "102").mkdir(parents=True)
    assert desk.take("edc/AE.csv", "pat,a\n101-001,x\n,x\n").status == "accepted"
    event = desk.take("edc/AE.csv", "pat,a\n101-001,x\n102-007,y\n")
    assert event.reason == "site_mismatch: row 2 names site 102 by the sql of site in study.yml, but 101 delivered it"
    assert desk.take("edc/AE.csv", "subject,a\n101-001,x\n").reason.startswith("missing_column: ")


def test_a_site_that_cannot_be_worked_out_refuses_the_file_without_telling_its_content(
    desk_for: Callable[..., Desk],
) -> None:
    event = desk_for(site={"sql": "cast(pat as integer)"}).take("edc/AE.csv", "pat,a\nJane Doe,x\n")
    assert event.reason == "site_unreadable: the sql of site in study.yml fails on its rows"


@pytest.mark.parametrize(
    "text",
    [
        "'); DROP TABLE ae; --",
        "{{ env_var('HOME') }}",
        "<img onerror=alert(1)>",
        '=cmd|"/c calc"!A1',
        "../../etc",
        "${x}",
    ],
)
def test_foreign_text_in_headers_and_values_is_only_text(desk: Desk, text: str) -> None:
    cell = '"' + text.replace('"', '""') + '"'
    event = desk.take("edc/AE.csv", f"{cell},b\n{cell},1\n")
    assert event.columns == (text, "b")
    assert desk.current().drop(LINEAGE).rows() == [(text, "1")]


@pytest.mark.parametrize("name", ["'; DROP TABLE site; --", "a b", "-rf", "x" * 65, "s\n", "é"])
def test_a_folder_with_such_a_name_is_no_site(desk: Desk, name: str) -> None:
    (desk.home.landing / "ST-1" / name).mkdir(parents=True)
    (shown,) = unusable_site_folders(desk.home, "ST-1")
    assert shown.isprintable()
    assert desk.take("edc/AE.csv", "a\n").status == "accepted"
    assert [folder.name for folder in (desk.home.store / "ST-1").iterdir()] == ["101"]
