"""Templates of the documents of a site: for each dataset a CSV and an XLSX file to fill in, with a data dictionary.

A file that is filled in is read with `layout: template`; study_layouts says what its columns are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from pipelines.errors import UserError, did_you_mean
from pipelines.study import Study
from pipelines.study_layouts import SITE_COLUMN, SUBJECT_COLUMN, datasets_of, template_columns
from pipelines.vocabulary import Dataset, VariableType

# Where a site's own documents arrive, below landing/<STUDY>/<SITE>/.
DOCUMENTS_SYSTEM = "isf"
# Spreadsheets carry the day of their making; with a fixed one, the same template is the same bytes.
_CREATED = datetime(2020, 1, 1)  # noqa: DTZ001 - the format knows no zone
_HOW_WRITTEN: dict[VariableType, str] = {
    "text": "text",
    "flag": "Y or N",
    "date": "date, ISO 8601: 2024-05-31, with a time 2024-05-31T14:05; 2024-05 or 2024 where the rest is not known",
    "number": "number with a decimal point: 12.5",
    "result": "text or number, as recorded",
}
_DICTIONARY_COLUMNS = ("column", "meaning", "how to write it", "must be filled")


def chosen_datasets(names: Sequence[str]) -> list[Dataset]:
    """Return the datasets of these names, or where none is given those of the documentation of a site.

    Raises:
        UserError: a name is no dataset.
    """
    known = datasets_of("template")
    for name in names:
        if name.upper() not in known:
            raise UserError(f'there is no dataset "{name}".{did_you_mean(name, known)}')
    if names:
        return [known[name.upper()] for name in names]
    return [dataset for dataset in known.values() if dataset.part == "documentation"]


def write_templates(study: Study, datasets: Iterable[Dataset], folder: Path) -> list[Path]:
    """Write <DATASET>.csv and <DATASET>.xlsx of each dataset into a folder; the same arguments write the same bytes.

    Returns:
        The files, in the order of the datasets.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for dataset in datasets:
        contents = {".csv": _csv_bytes(dataset), ".xlsx": _xlsx_bytes(study, dataset)}
        for suffix, content in contents.items():
            path = folder / f"{dataset.name}{suffix}"
            path.write_bytes(content)
            written.append(path)
    return written


def sources_text(datasets: Iterable[Dataset]) -> str:
    """Return the lines of study.yml, below `sources:`, that take such files in; no `map` is needed."""
    lines = (
        f"  {dataset.name}: {{path: {DOCUMENTS_SYSTEM}/{dataset.name}*.csv, layout: template}}" for dataset in datasets
    )
    return "\n".join(["sources:", *lines])


def dictionary_rows(dataset: Dataset) -> list[tuple[str, str, str, str]]:
    """Return a row a column of the template: its name, meaning and way of writing, and whether it must be filled."""
    key = set(dataset.natural_key[-1])
    about = {SITE_COLUMN: "Site: the name of its folder in landing", SUBJECT_COLUMN: "Subject as the site knows it"}
    rows = []
    for column in template_columns(dataset):
        variable = dataset.variables.get(column)
        is_required = column == SITE_COLUMN or (column == SUBJECT_COLUMN and dataset.level == "subject")
        rows.append(
            (
                column,
                about[column] if variable is None else variable.description,
                _HOW_WRITTEN["text" if variable is None else variable.type],
                "yes" if is_required else "tells rows apart" if column in key else "",
            )
        )
    return rows


def _csv_bytes(dataset: Dataset) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(template_columns(dataset))
    # With the mark that makes spreadsheets read UTF-8; ingest takes it off.
    return text.getvalue().encode("utf-8-sig")


def _xlsx_bytes(study: Study, dataset: Dataset) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": f"{study.study}: {dataset.name}", "created": _CREATED})
        head = book.add_format({"bold": True, "bg_color": "#DCE6F0", "border": 1, "text_wrap": True, "valign": "top"})
        # As text, or a spreadsheet turns 2024-05 into a day and 007 into 7.
        as_text, wrapped = book.add_format({"num_format": "@"}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(dataset.name[:31])
        for index, column in enumerate(template_columns(dataset)):
            sheet.set_column(index, index, max(12, len(column) + 2), as_text)
            sheet.write_string(0, index, column, head)
        sheet.freeze_panes(1, 0)
        explained = book.add_worksheet("Data dictionary")
        explained.write_string(0, 0, dataset.description)
        for index, (title, width) in enumerate(zip(_DICTIONARY_COLUMNS, (24, 70, 60, 18), strict=True)):
            explained.set_column(index, index, width, wrapped)
            explained.write_string(2, index, title, head)
        for number, row in enumerate(dictionary_rows(dataset), start=3):
            for index, value in enumerate(row):
                explained.write_string(number, index, value, wrapped)
        explained.freeze_panes(3, 1)
    return content.getvalue()
