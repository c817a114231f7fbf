"""What is odd about a file that was read: repeated rows (F26), control characters (F34), other Unicode forms (F35)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_desk import Desk

from pipelines.foreign_text import has_control_characters, normal_form
from pipelines.ingest import current_deliveries, read_deliveries
from pipelines.ingest.examination import OddText, count_repeated_rows, find_odd_text

NFD = unicodedata.normalize("NFD", "é")

# Kind, the text as delivered, the text that it is compared as.
FORMS = [
    ("a letter and its accent", f"caf{NFD}", "café"),
    ("digits of full width", "１２３", "123"),
    ("a space that does not break", "Week\u00a04", "Week 4"),
    ("a space of full width", "Week\u30004", "Week 4"),
    ("a space without width", "00\u200b1", "001"),
    ("a byte order mark inside", "\ufeff001", "001"),
]
CONTROLS = [("NUL", "a\x00b"), ("a control character", "a\x1b[31mb"), ("a bidi override", "a\u202eb")]


def table_of(*values: str, column: str = "term") -> pa.Table:
    numbers = [str(number) for number in range(len(values))]
    return pa.table({"id": pa.array(numbers, pa.string()), column: pa.array(values, pa.string())})


@pytest.mark.parametrize(("_", "text", "compared"), FORMS, ids=[form[0] for form in FORMS])
def test_text_in_another_form_is_found(_: str, text: str, compared: str) -> None:
    assert normal_form(text) == compared
    assert find_odd_text(table_of("plain", text, "plain", text)) == (OddText("term", "form", 2, 2),)


@pytest.mark.parametrize(("_", "text"), CONTROLS, ids=[control[0] for control in CONTROLS])
def test_control_characters_are_found_and_stay(_: str, text: str) -> None:
    assert normal_form(text) == text
    assert find_odd_text(table_of(*["plain"] * 6, text)) == (OddText("term", "control", 1, 7),)


@pytest.mark.parametrize("text", ["é", "日本語", "µg/mL", "10²", "½", "ﬁ", "a\tb\r\nc", "😀", ""])
def test_ordinary_text_of_any_language_is_not_odd(text: str) -> None:
    assert normal_form(text) == text
    assert find_odd_text(table_of(text, text)) == ()


def test_a_column_may_be_odd_in_both_ways_and_a_table_may_be_empty() -> None:
    odd = find_odd_text(table_of("a\x00", "１", "１\x00"))
    assert odd == (OddText("term", "control", 2, 1), OddText("term", "form", 2, 2))
    assert find_odd_text(table_of()) == ()


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=6), max_size=8))
def test_the_quick_look_misses_nothing(values: list[str]) -> None:
    found = {(odd.oddity, odd.values, odd.first_row) for odd in find_odd_text(table_of(*values))}
    expected = set()
    for oddity, is_odd in {"control": has_control_characters, "form": lambda text: normal_form(text) != text}.items():
        rows = [row for row, value in enumerate(values, start=1) if is_odd(value)]
        expected |= {(oddity, len(rows), rows[0])} if rows else set()
    assert found == expected


@given(st.text(max_size=20))
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


def test_every_repeated_row_is_counted() -> None:
    dice = Random(1)  # noqa: S311 - which rows are repeated is no secret
    for repeats in (0, 1, 7, 250):
        rows = [(str(number), dice.choice("ab")) for number in range(500)]
        rows += [dice.choice(rows[:500]) for _ in range(repeats)]
        dice.shuffle(rows)
        table = pa.table({"id": [row[0] for row in rows], "x": [row[1] for row in rows]})
        assert count_repeated_rows(table) == repeats


def test_a_row_that_differs_in_one_column_is_no_repeat() -> None:
    assert count_repeated_rows(pa.table({"a": ["1", "1", ""], "b": ["", "x", "1"]})) == 0
    assert count_repeated_rows(pa.table({"a": pa.array([], pa.string())})) == 0


def test_what_is_odd_is_kept_with_the_delivery_and_the_text_as_it_came(desk: Desk) -> None:
    accepted = desk.take("edc/AE.csv", "subj,term\n００1,a\u202e\n002,b\n002,b\n")
    assert accepted.repeated_rows == 1
    (delivery,) = current_deliveries(desk.home, desk.study.study)
    assert delivery.odd_text == (OddText("subj", "form", 1, 1), OddText("term", "control", 1, 1))
    assert desk.current()["subj"].to_list() == ["００1", "002", "002"]
    assert desk.current()["term"].to_list() == ["a\u202e", "b", "b"]
    assert read_deliveries(desk.home, desk.study.study)["repeated_rows"].to_list() == [1]


def test_a_nul_is_read_as_what_it_is(desk: Desk) -> None:
    assert desk.take("edc/AE.csv", "subj,term\n001,a\x00b\n").status == "accepted"
    assert desk.current()["term"].to_list() == ["a\x00b"]


@pytest.mark.parametrize("site", ["１０１", "101\u00a0", "\u200b101"])
def test_a_site_is_recognised_in_any_form(desk_for: Callable[..., Desk], site: str) -> None:
    desk = desk_for(site="inv")
    assert desk.take("edc/AE.csv", f"inv,a\n{site},x\n").status == "accepted"
    (desk.home.landing / "ST-1" / "102").mkdir(parents=True)
    other = desk.take("edc/AE.csv", f"inv,a\n{site},x\n１０２,y\n")
    assert other.reason == "site_mismatch: row 2 names site 102 in column inv, but 101 delivered it"


@pytest.mark.parametrize("header", ["ｔｅｒｍ", "ter\u200bm", "\ufeffTERM", "term\u00a0"])
def test_a_header_is_recognised_in_any_form(desk_for: Callable[..., Desk], header: str) -> None:
    desk = desk_for(columns={"required": ["term"]})
    assert desk.take("edc/AE.csv", f"{header},other１\nx,y\n").columns == ("term", "other１")
    assert desk.take("edc/AE.csv", f"{header},term\nx,y\n").reason.startswith("duplicate_column")
