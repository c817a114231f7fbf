"""The datasets and variables that a study can be mapped to; read from the dbt sources, where they are declared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from pipelines.settings import DBT_PROJECT_DIR

VariableType = Literal["text", "date", "number", "result", "flag"]
Level = Literal["subject", "site", "either"]
# Which of the three files a dataset is declared in.
Part = Literal["clinical", "operations", "documentation"]

VOCABULARY_FILES = tuple(sorted((DBT_PROJECT_DIR / "models" / "staging").glob("_raw_*.yml")))


@dataclass(frozen=True)
class Variable:
    """One variable of a dataset, with the way in which staging casts it; one kept from sponsors is in no extract."""

    name: str
    type: VariableType
    description: str
    is_kept_from_sponsor: bool = False


@dataclass(frozen=True)
class MartColumn:
    """One column of a mart; `data_type` is DuckDB's."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Dataset:
    """One dataset, e.g. AE; `natural_key` lists the keys that tell two records of a subject apart, best first.

    `mart_adds` are the columns that the mart derives beside the variables; `level` says what a row is about, `part`
    what kind of dataset it is.
    """

    name: str
    description: str
    natural_key: tuple[tuple[str, ...], ...]
    variables: dict[str, Variable]
    mart_adds: tuple[MartColumn, ...] = ()
    level: Level = "subject"
    part: Part = "clinical"

    @property
    def table(self) -> str:
        """Name of its raw view, staging model and mart."""
        return self.name.lower()

    @property
    def stable_keys(self) -> tuple[tuple[str, ...], ...]:
        """Those of its natural keys without a date: a corrected date is not another record."""
        dates = {variable.name for variable in self.variables.values() if variable.type == "date"}
        return tuple(key for key in self.natural_key if dates.isdisjoint(key))


@cache
def load_vocabulary(paths: tuple[Path, ...] = VOCABULARY_FILES) -> dict[str, Dataset]:
    """Return the datasets by name, in the order in which they are declared."""
    datasets = {}
    for part, table in ((_part_of(path), table) for path in paths for table in _tables_in(path)):
        meta = table["config"]["meta"]
        variables = {
            column["name"]: Variable(
                column["name"],
                column["config"]["meta"]["type"],
                column["description"],
                column["config"]["meta"].get("kept_from_sponsor", False),
            )
            for column in table["columns"]
        }
        natural_key = tuple(tuple(key) for key in meta["natural_key"])
        mart_adds = tuple(MartColumn(**column) for column in meta.get("mart_adds", ()))
        datasets[meta["dataset"]] = Dataset(
            meta["dataset"],
            table["description"],
            natural_key,
            variables,
            mart_adds,
            meta.get("level", "subject"),
            part,
        )
    return datasets


def _part_of(path: Path) -> Part:
    part: Part = path.stem.removeprefix("_raw_")  # type: ignore[assignment]
    return part


def _tables_in(path: Path) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["sources"][0][
        "tables"
    ]
    return tables
