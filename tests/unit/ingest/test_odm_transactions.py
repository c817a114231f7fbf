"""Transactional ODM: the end state of the file, what is not mentioned, and what was removed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odm_case import form, group, odm, read, read_corpus, rows_of, subject, table_of

from pipelines.ingest.readers import row_spool
from pipelines.ingest.refusal import Refusal


def states(data: bytes) -> list[tuple[str | None, ...]]:
    """Return (repeat key, TransactionType, A, B) of each row of IG; None is not mentioned, "" is blanked."""
    return [
        (row.get("ItemGroupRepeatKey", ""), row.get("TransactionType", ""), row.get("A", ""), row.get("B", ""))
        for row in rows_of(read(data), "IG")
    ]


def put(operation: str, repeat: int = 1, **values: str) -> str:
    items = "".join(f'<ItemData ItemOID="{oid}" Value="{value}"/>' for oid, value in values.items())
    return subject(form(group(items, f'ItemGroupRepeatKey="{repeat}" TransactionType="{operation}"')))


def test_an_update_replaces_what_it_mentions() -> None:
    data = odm(put("Insert", A="1", B="2") + put("Update", A="9"), "Transactional")
    assert states(data) == [("1", "Insert", "9", "2")]


def test_what_an_update_does_not_mention_is_null_and_what_it_blanks_is_blank() -> None:
    removed = '<ItemData ItemOID="B" TransactionType="Remove"/>'
    blanked = '<ItemData ItemOID="A" IsNull="Yes"/>'
    body = put("Upsert", 1, A="1", B="2") + subject(
        form(
            group(removed, 'ItemGroupRepeatKey="2" TransactionType="Update"')
            + group(blanked, 'ItemGroupRepeatKey="3" TransactionType="Update"')
        )
    )
    assert states(odm(body, "Transactional")) == [
        ("1", "Upsert", "1", "2"),
        ("2", "Update", None, ""),
        ("3", "Update", "", None),
    ]


def test_a_removed_record_stays_and_says_so() -> None:
    data = odm(put("Insert", 1, A="1") + put("Insert", 2, A="2") + put("Remove", 1), "Transactional")
    assert states(data)[0][:3] == ("1", "Remove", None)
    assert states(data)[1][:3] == ("2", "Insert", "2")


def test_a_record_that_is_put_again_after_its_removal_keeps_nothing() -> None:
    data = odm(put("Insert", A="1", B="2") + put("Remove") + put("Insert", A="3"), "Transactional")
    assert states(data) == [("1", "Insert", "3", "")]


@pytest.mark.parametrize(
    "removal",
    [
        subject("", more='TransactionType="Remove"'),
        subject('<StudyEventData StudyEventOID="V1" TransactionType="Remove"/>'),
        subject('<StudyEventData StudyEventOID="V1"><FormData FormOID="F" TransactionType="Remove"/></StudyEventData>'),
    ],
)
def test_the_removal_of_what_is_above_removes_what_is_below_and_nothing_else(removal: str) -> None:
    other = put("Insert", 1, A="7").replace('SubjectKey="001"', 'SubjectKey="002"')
    data = odm(put("Insert", 1, A="1") + other + removal + put("Insert", 2, A="2"), "Transactional")
    assert [state[:3] for state in states(data)] == [("1", "Remove", None), ("1", "Insert", "7"), ("2", "Insert", "2")]


def test_the_removal_of_an_outer_group_removes_the_inner_ones() -> None:
    def nested(inner: str, more: str) -> str:
        outer = f'<ItemGroupData ItemGroupOID="FO" {more}>{inner}</ItemGroupData>'
        return subject(f'<StudyEventData StudyEventOID="V1">{outer}</StudyEventData>')

    inner = group('<ItemData ItemOID="A"><Value>1</Value></ItemData>')
    data = odm(
        nested(inner, 'TransactionType="Insert"') + nested("", 'TransactionType="Remove"'), "Transactional", "2.0"
    )
    assert [state[1:3] for state in states(data)] == [("Remove", None)]


def test_the_corpus_file_ends_as_its_instructions_say() -> None:
    reading = read_corpus("transactional.xml")
    rows = rows_of(reading, "IG")
    assert [(row["SubjectKey"], row["ItemGroupRepeatKey"], row["TransactionType"]) for row in rows] == [
        ("001", "1", "Insert"),
        ("001", "2", "Remove"),
        ("002", "1", "Remove"),
    ]
    assert (rows[0]["A"], rows[0].get("B", "")) == ("9", "")
    assert "TransactionType" in table_of(reading, "IG").keys
    # Of this one the file has no rows: whoever merges deliveries finds its removal here.
    (event,) = [row for row in rows_of(reading, "StudyEventData") if row["SubjectKey"] == "003"]
    assert event["TransactionType"] == "Remove"


def test_the_place_is_that_of_the_last_instruction() -> None:
    reading = read(odm(put("Insert", A="1") + "\n" + put("Update", A="2"), "Transactional"))
    assert table_of(reading, "IG").places[0].as_py().startswith("line 4: /ODM/ClinicalData[2]/")


def test_a_snapshot_that_removes_is_read_as_transactional_and_reported() -> None:
    data = odm(put("Insert", A="1") + put("Remove"))
    assert states(data)[0][:3] == ("1", "Remove", None)
    assert [remark.code for remark in read(data).remarks] == ["transactions_in_snapshot"]


def test_a_snapshot_that_only_inserts_has_no_nulls() -> None:
    data = odm(put("Insert", 1, A="1") + put("Insert", 2, B="2"))
    assert states(data) == [("1", "Insert", "1", ""), ("2", "Insert", "", "2")]
    assert read(data).remarks == ()


@pytest.mark.parametrize("where", ["group", "item"])
def test_an_unknown_transaction_refuses_the_file(where: str) -> None:
    data = (
        put("Delete", A="1") if where == "group" else put("Update", A="1").replace("/>", ' TransactionType="Delete"/>')
    )
    with pytest.raises(Refusal) as refused:
        read(odm(data, "Transactional"))
    assert refused.value.code == "unknown_transaction"


def of_items(group_operation: str, **items: str) -> str:
    """Return a group of items that each say themselves what is done; all have the value 9."""
    said = "".join(f'<ItemData ItemOID="{oid}" Value="9" {more}/>' for oid, more in items.items())
    return subject(form(group(said, f'ItemGroupRepeatKey="1" TransactionType="{group_operation}"')))


def test_an_item_that_is_told_for_context_changes_nothing() -> None:
    told = of_items("Update", A='TransactionType="Context"', B="").replace('A" Value="9"', 'A"')
    assert states(odm(put("Insert", A="1", B="2") + told, "Transactional")) == [("1", "Insert", "1", "9")]
    assert states(odm(told, "Transactional")) == [("1", "Update", "", "9")]


@pytest.mark.parametrize("operation", ["Insert", "Update", "Upsert"])
def test_a_group_that_is_told_for_context_takes_what_its_items_say(operation: str) -> None:
    told = of_items("Context", A=f'TransactionType="{operation}"', B="")
    assert states(odm(put("Insert", A="1", B="2") + told, "Transactional")) == [("1", "Insert", "9", "2")]
    # Context would have whoever merges deliveries pass it over.
    assert states(odm(put("Insert", 2, B="2") + told, "Transactional"))[1] == ("1", "Upsert", "9", None)


def test_a_group_that_is_told_for_context_changes_nothing() -> None:
    body = put("Insert", A="1", B="2") + put("Context", A="9")
    assert states(odm(body, "Transactional")) == [("1", "Insert", "1", "2")]


def test_a_snapshot_in_which_an_item_is_removed_is_reported() -> None:
    reading = read(odm(of_items("Insert", A='TransactionType="Remove"')))
    assert [remark.code for remark in reading.remarks] == ["transactions_in_snapshot"]


def test_what_a_removed_element_holds_is_removed_whatever_it_says() -> None:
    removed = put("Update", A="2").replace("<SubjectData", '<SubjectData TransactionType="Remove"', 1)
    assert states(odm(put("Insert", A="1") + removed, "Transactional"))[0][:3] == ("1", "Remove", None)


@pytest.mark.parametrize(
    ("removal", "removed"),
    [
        (subject("", more='TransactionType="Remove"'), "SubjectData StudyEventData FormData"),
        (subject('<StudyEventData StudyEventOID="V1" TransactionType="Remove"/>'), "StudyEventData FormData"),
        (
            subject(
                '<StudyEventData StudyEventOID="V1"><FormData FormOID="F" TransactionType="Remove"/></StudyEventData>'
            ),
            "FormData",
        ),
        (
            put("Insert", A="1").replace("<SubjectData", '<SubjectData TransactionType="Remove"', 1),
            "SubjectData StudyEventData FormData",
        ),
    ],
)
def test_subjects_events_and_forms_stand_once_and_say_that_they_are_gone(removal: str, removed: str) -> None:
    reading = read(odm(put("Insert", 1, A="1") + put("Update", 2, A="1") + removal, "Transactional"))
    for name in ("SubjectData", "StudyEventData", "FormData"):
        (row,) = rows_of(reading, name)
        assert (row.get("TransactionType") == "Remove") == (name in removed.split())


def expected_states(steps: list[tuple[str, int, dict[str, str]]]) -> dict[int, tuple[str, dict[str, str | None]]]:
    """Return repeat key: (TransactionType, values) after all steps, worked out one by one."""
    records: dict[int, tuple[str, dict[str, str | None]]] = {}
    for operation, repeat, values in steps:
        before = records.get(repeat)
        if operation == "Remove":
            records[repeat] = ("Remove", {})
        elif operation == "Context" and before is not None:
            continue
        elif before is None:
            records[repeat] = (operation, dict(values))
        elif before[0] == "Remove":
            records[repeat] = (operation, {"A": "", "B": "", **values})
        else:
            kept = operation if before[0] == "Context" else before[0]
            records[repeat] = (kept, {**before[1], **values})
    return records


steps = st.lists(
    st.tuples(
        st.sampled_from(["Insert", "Update", "Upsert", "Remove", "Context"]),
        st.integers(1, 4),
        st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from(["", "1", "2"])),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(steps=steps, rows_a_batch=st.integers(1, 5))
def test_any_order_of_instructions_ends_as_one_by_one(
    steps: list[tuple[str, int, dict[str, str]]], rows_a_batch: int
) -> None:
    both: list[Any] = [("Insert", 99, {"A": "x", "B": "x"})]
    data = odm(
        "".join(put(operation, repeat, **values) for operation, repeat, values in [*both, *steps]), "Transactional"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_spool, "ROWS_A_BATCH", rows_a_batch)
        got = {int(repeat or 0): (operation, a, b) for repeat, operation, a, b in states(data)}
    expected = expected_states([*both, *steps])
    assert got == {repeat: (kind, values.get("A"), values.get("B")) for repeat, (kind, values) in expected.items()}
