"""A made-up REDCap project: its dictionary, exports of it, and what the reader gives."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipelines.ingest.readers import READERS, Reading, Table
from pipelines.study_source import Columns, Source

DICTIONARY_HEADER = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip


def as_csv(rows: Iterable[Sequence[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def field(
    name: str,
    form: str,
    kind: str = "text",
    *,
    label: str = "",
    choices: str = "",
    logic: str = "",
    required: str = "",
    annotation: str = "",
) -> tuple[str, ...]:
    """One row of a dictionary."""
    return (name, form, "", kind, label or name, choices, *[""] * 5, logic, required, *[""] * 4, annotation)


def dictionary_bytes(*fields: tuple[str, ...]) -> bytes:
    return as_csv([DICTIONARY_HEADER, *fields])


DICTIONARY = dictionary_bytes(
    field("record_id", "enrolment", label="Study ID"),
    field("sex", "enrolment", "radio", choices="0, Female | 1, Male", required="y"),
    field("pregnant", "enrolment", "yesno", logic="[sex] = '0'", required="y"),
    field("race", "enrolment", "checkbox", choices="1, Asian | -1, Other | aB, Both"),
    field("weight", "vitals", label="Weight (kg)", annotation="@NOMISSING"),
    field("picture", "vitals", "descriptive"),
    field("ae_term", "ae", required="y"),
)

KEYS = (
    "record_id",
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
    "redcap_data_access_group",
)
ENROLMENT = ("sex", "pregnant", "race___1", "race____1", "race___ab", "enrolment_complete")
VITALS = ("weight", "vitals_timestamp", "vitals_complete")
AE = ("ae_term", "ae_complete")
HEADER = (*KEYS, *ENROLMENT, *VITALS, *AE)
LONGITUDINAL = as_csv(
    [
        HEADER,
        ("1", "visit_1_arm_1", "", "", "north", "0", "1", "1", "0", "0", "2", "61", "2024-01-02 10:00", "2", "", ""),
        ("1", "visit_2_arm_1", "", "", "north", "", "", "", "", "", "", "62", "", "0", "", ""),
        ("1", "visit_2_arm_1", "ae", "1", "north", "", "", "", "", "", "", "", "", "", "Headache", "2"),
        ("1", "visit_2_arm_1", "ae", "2", "north", "", "", "", "", "", "", "", "", "", "", ""),
        ("2", "visit_1_arm_1", "", "", "south", "1", "", "0", "0", "0", "0", "", "", "", "", ""),
    ]
)


class Project:
    """A project whose dictionary lies in a folder."""

    def __init__(self, folder: Path, dictionary: bytes = DICTIONARY) -> None:
        self.file = folder / "dictionary.csv"
        self.file.write_bytes(dictionary)

    def read(self, data: bytes, missing: Sequence[str] = (), columns: Columns | None = None) -> Reading:
        source = Source(
            path="edc/export.csv",
            format="redcap",
            dictionary=str(self.file),
            missing=list(missing),
            columns=columns,
        )
        return READERS["redcap"].read(data, source)

    def tables(self, data: bytes) -> dict[str, Table]:
        return {table.name: table for table in self.read(data).tables}

    def points(self, data: bytes) -> Table:
        return self.read(data).on_request["data_points"]()


def rows_of(table: Table) -> list[tuple[str, ...]]:
    return list(zip(*[column.to_pylist() for column in table.rows.columns], strict=True))
