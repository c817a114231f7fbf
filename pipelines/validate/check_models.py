"""The check-ready models and their columns, as dbt declares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pipelines.settings import DBT_PROJECT_DIR

CHECK_MODELS_FILE = DBT_PROJECT_DIR / "models" / "marts" / "checks" / "_checks.yml"
CHECKS_SCHEMA = "checks"
# What a finding needs of every check-ready model.
LINEAGE_COLUMNS = ("site", "subject", "dataset", "record", "source_file", "source_row")


@dataclass(frozen=True)
class CheckModel:
    """A check-ready model: column name -> DuckDB type, in order."""

    name: str
    columns: dict[str, str]


@cache
def load_check_models(path: Path = CHECK_MODELS_FILE) -> dict[str, CheckModel]:
    """Return the check-ready models by name."""
    models = {}
    for model in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]:
        columns = {column["name"]: column["data_type"] for column in model["columns"]}
        models[model["name"]] = CheckModel(model["name"], columns)
    return models
