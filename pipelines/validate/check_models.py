"""The check-ready models and their columns, as dbt declares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.settings import DBT_PROJECT_DIR

MARTS_DIR = DBT_PROJECT_DIR / "models" / "marts"
CHECKS_SCHEMA = "checks"
# What a finding needs of every check-ready model.
LINEAGE_COLUMNS = {
    "site": "varchar",
    "subject": "varchar",
    "dataset": "varchar",
    "record": "varchar",
    "source_file": "varchar",
    "source_row": "bigint",
}


@dataclass(frozen=True)
class CheckModel:
    """A check-ready model: column name -> DuckDB type, in order.

    Its file `checks/<name>.yml` declares only the facts; the columns of the mart that it carries, or where it carries
    none those of a finding's lineage, come before them. `descriptions` says what each column means. `never_blank` are
    the facts that are filled in every row.
    """

    name: str
    description: str
    columns: dict[str, str]
    descriptions: dict[str, str]
    facts: tuple[str, ...]
    never_blank: frozenset[str]


@cache
def load_check_models(marts_dir: Path = MARTS_DIR) -> dict[str, CheckModel]:
    """Return the check-ready models by name."""
    marts = {mart["name"]: mart["columns"] for mart in _models_in(marts_dir / "_marts.yml")}
    lineage = [{"name": name, "data_type": kind, "description": ""} for name, kind in LINEAGE_COLUMNS.items()]
    models = {}
    for path in sorted((marts_dir / "checks").glob("*.yml")):
        for model in _models_in(path):
            carried = model.get("config", {}).get("meta", {}).get("carries")
            facts = model.get("columns", [])
            columns = [*(marts[carried] if carried else lineage), *facts]
            models[model["name"]] = CheckModel(
                model["name"],
                model["description"],
                {column["name"]: column["data_type"] for column in columns},
                {column["name"]: column["description"] for column in columns},
                tuple(fact["name"] for fact in facts),
                frozenset(fact["name"] for fact in facts if _meta(fact).get("never_blank")),
            )
    return models


def _models_in(path: Path) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]
    return models


def _meta(column: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = column.get("config", {}).get("meta", {})
    return meta
