"""One Dataset-JSON 1.1 file a source, as CDISC describes it; every column is text, so that no value changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from pipelines.simulate.exports import SOURCES, Mapped
from pipelines.simulate.layouts.export_layout import OneFileEach
from pipelines.simulate.site_records import SiteRecords
from pipelines.simulate.style import Style, System
from pipelines.simulate.written_table import WrittenTable


class DatasetJson(OneFileEach):
    """What is blank is null."""

    suffix = ".json"
    systems: frozenset[System] = frozenset({"edc", "edc_audit"})

    def write(self, site: SiteRecords, file: str, tables: Sequence[WrittenTable], day: date) -> bytes:
        """Return the file of one table, a row a line."""
        (table,) = tables
        about = {
            "datasetJSONCreationDateTime": f"{day.isoformat()}T05:00:00",
            "datasetJSONVersion": "1.1.0",
            "fileOID": f"{site.study}/{site.site}/{file}/{day.isoformat()}",
            "originator": site.style.sponsor,
            "studyOID": site.study,
            "metaDataVersionOID": "MDV.1",
            "itemGroupOID": f"IG.{table.source}",
            "records": len(table.rows),
            "name": table.source,
            "label": SOURCES[table.source].dataset,
            "columns": [_column(table, column) for column in table.columns],
        }
        head = json.dumps(about, ensure_ascii=False)[:-1]
        rows = ",\n".join(
            json.dumps([row[column] or None for column in table.columns], ensure_ascii=False) for row in table.rows
        )
        return f'{head}, "rows": [\n{rows}\n]}}\n'.encode()

    def declare(self, source: str, _style: Style) -> Mapped:
        """Return the format and the dataset's name."""
        return {"format": "dataset-json", "table": source}


def _column(table: WrittenTable, column: str) -> dict[str, object]:
    length = max((len(row[column]) for row in table.rows), default=0)
    return {
        "itemOID": f"IT.{table.source}.{column}",
        "name": column,
        "label": column,
        "dataType": "string",
        "length": max(1, length),
    }
