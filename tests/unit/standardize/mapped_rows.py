"""Maps small exports through a study's configuration, as the warehouse does: Parquet in, rows of a raw view out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.examination import find_odd_text
from pipelines.standardize.mapping import raw_view_sql
from pipelines.standardize.source_files import SourceFiles
from pipelines.study import Study
from pipelines.vocabulary import load_vocabulary

STUDY = "ST-1"

Row = dict[str, Any]


def study_of(sources: Mapping[str, Any], mapping: Mapping[str, Any], **more: Any) -> Study:
    return Study.model_validate(
        {"study": STUDY, "title": "t", "sponsor": "s", "sources": sources, "map": mapping, **more}
    )


def study_of_ae(variables: Mapping[str, Any], *, source: Mapping[str, Any] | None = None, **mapping: Any) -> Study:
    """A study with one source AE that feeds AE."""
    return study_of(
        {"AE": {"path": "edc/AE.csv", "subject": "subj", **(source or {})}},
        {"AE": [{"from": "AE", "variables": variables, **mapping}]},
    )


@dataclass
class Shelf:
    """Files as the store keeps them, by source."""

    folder: Path
    files: dict[str, list[tuple[Path, list[str]]]] = field(default_factory=dict)
    odd: dict[str, set[str]] = field(default_factory=dict)

    def put(self, source: str, columns: Sequence[str], *rows: Sequence[str], site: str = "101") -> Path:
        """Keep a delivery: each value is text, '' where empty."""
        path = self.folder / f"{source}-{len(self.files.get(source, []))}.parquet"
        count = len(rows)
        lineage = [
            pa.array([f"{STUDY}/{site}/edc/{source}.csv"] * count, pa.string()),
            pa.array(range(1, count + 1), pa.int64()),
            pa.array([site] * count, pa.string()),
        ]
        values = [pa.array([row[index] for row in rows], pa.string()) for index in range(len(columns))]
        names = ["__source_file", "__source_row", "__site", *columns]
        table = pa.table([*lineage, *values], names=names)
        pq.write_table(table, path, store_schema=False)
        odd = find_odd_text(pa.table(values, names=list(columns)))
        self.odd.setdefault(source, set()).update(found.column for found in odd if found.oddity == "form")
        self.files.setdefault(source, []).append((path, list(columns)))
        return path

    def current(self) -> dict[str, SourceFiles]:
        return {
            source: SourceFiles(
                tuple(str(path) for path, _ in files),
                frozenset(name for _, columns in files for name in columns),
                same_layout=len({tuple(columns) for _, columns in files}) == 1,
                odd_columns=frozenset(self.odd[source]),
            )
            for source, files in self.files.items()
        }

    def query(self, study: Study, dataset: str) -> str:
        return raw_view_sql(study, load_vocabulary()[dataset], self.current())

    def read(self, study: Study, dataset: str = "AE") -> list[Row]:
        """The rows of a dataset's raw view, in the order of the files."""
        query = f"SELECT * FROM ({self.query(study, dataset)}) ORDER BY source_file, source_row"
        with duckdb.connect() as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def column(rows: Sequence[Row], name: str) -> list[Any]:
    return [row[name] for row in rows]
