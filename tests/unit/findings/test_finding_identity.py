"""A finding keeps its id however its file is sent again, and no two share one."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs_case import failing_row

from pipelines.errors import UserError
from pipelines.findings.identity import add_finding_ids
from pipelines.validate.failing_rows import SCHEMA

KEYS = ("site", "subject", "dataset", "record", "check_id")


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def id_of(row: dict[str, object], study: str = "ST-1") -> str:
    (identity,) = add_finding_ids(frame(row), study)["finding_id"]
    return str(identity)


def test_an_id_is_the_same_for_ever() -> None:
    assert id_of(failing_row("a")) == "fa1465b547c5426774c5"


def test_ids_do_not_depend_on_the_order_of_rows() -> None:
    rows = frame(*(failing_row(record) for record in "abcdef"))
    there = add_finding_ids(rows, "ST-1").select("record", "finding_id").sort("record")
    back = add_finding_ids(rows.reverse(), "ST-1").select("record", "finding_id").sort("record")
    assert there.equals(back)
    assert there["finding_id"].n_unique() == 6


@pytest.mark.parametrize("name", KEYS)
def test_each_part_of_the_key_makes_another_finding(name: str) -> None:
    assert id_of(failing_row(**{name: "other"})) != id_of(failing_row("a"))


def test_the_study_is_part_of_the_key() -> None:
    assert id_of(failing_row("a"), "ST-2") != id_of(failing_row("a"))


@pytest.mark.parametrize("name", ["message", "source_file", "severity", "category"])
def test_what_is_not_the_key_changes_nothing(name: str) -> None:
    assert id_of(failing_row("a", **{name: "other"})) == id_of(failing_row("a"))


def test_the_row_of_the_file_changes_nothing() -> None:
    assert id_of(failing_row("a", source_row=99)) == id_of(failing_row("a"))


def test_a_finding_without_subject_has_an_id() -> None:
    assert id_of(failing_row("a", subject=None)) not in ("", id_of(failing_row("a")))


def test_parts_do_not_run_into_each_other() -> None:
    assert id_of(failing_row("bc", dataset="a")) != id_of(failing_row("c", dataset="ab"))


texts = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
keys = st.fixed_dictionaries(dict.fromkeys(KEYS, texts))


@given(left=keys, right=keys)
def test_two_findings_share_an_id_only_when_they_are_one(left: dict[str, str], right: dict[str, str]) -> None:
    assert (id_of(failing_row(**left)) == id_of(failing_row(**right))) is (left == right)


def test_two_findings_with_one_identity_are_refused() -> None:
    rows = frame(failing_row("a"), failing_row("b"), failing_row("a", source_row=2))
    with pytest.raises(UserError, match=r"AE-01 at site 101: 2 findings share an identity"):
        add_finding_ids(rows, "ST-1")


def test_no_rows_give_no_ids() -> None:
    assert add_finding_ids(frame(), "ST-1").height == 0
