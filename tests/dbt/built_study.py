"""Builds a small warehouse and reads what dbt made of it: compiled models, run results, columns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.ingest import ingest_study
from pipelines.settings import DBT_PROJECT_DIR, Home
from pipelines.simulate import simulate_portfolio
from pipelines.standardize import build_warehouse, dbt_environment
from pipelines.standardize.dbt_build import dbt_target
from pipelines.study import load_study
from pipelines.validate import read_parameters

STUDY = "SIM-001"
MODELS = DBT_PROJECT_DIR / "models"


@dataclass(frozen=True)
class BuiltStudy:
    """A study whose marts are built."""

    home: Home

    def run_unit_tests(self, models: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Run dbt's unit tests of some models beside the built marts; return their results by name, failed ones too."""
        target = dbt_target(self.home, STUDY)
        told = target / "run_results.json"
        told.unlink(missing_ok=True)  # that of the build: where dbt does not come as far as the tests, it writes none
        command = [Path(sys.executable).with_name("dbt"), "--quiet", "test", "--select"]
        command += [f"{model},test_type:unit" for model in models]
        command += ["--project-dir", DBT_PROJECT_DIR, "--target-path", target]
        environment = dbt_environment(self.home, STUDY, threads=2)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert told.is_file(), done.stdout + done.stderr
        results: list[dict[str, Any]] = json.loads(told.read_text(encoding="utf-8"))["results"]
        return {result["unique_id"].rsplit(".", 1)[-1]: result for result in results}

    def compiled(self, model: str) -> str:
        """The SQL of a model, without the name of the warehouse before its sources."""
        # Unit tests leave what they compiled of a model below the file that they stand in.
        (written,) = MODELS.rglob(f"{model}.sql")
        file = dbt_target(self.home, STUDY) / "compiled" / "siteproof" / "models" / written.relative_to(MODELS)
        return file.read_text(encoding="utf-8").replace(f'"{STUDY}".', "")

    def columns(self, schema: str) -> dict[str, dict[str, str]]:
        """Return table -> column -> type of a schema."""
        query = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = ?"
        tables: dict[str, dict[str, str]] = {}
        with duckdb.connect(self.home.warehouse_file(STUDY), read_only=True) as connection:
            for table, column, kind in connection.execute(query, [schema]).fetchall():
                tables.setdefault(table, {})[column] = kind
        return tables


def build_small_study(folder: Path) -> BuiltStudy:
    home = Home(folder)
    simulate_portfolio(home, studies=1, sites=2, subjects=6, clean=True)
    study = load_study(home.study_file(STUDY))
    ingest_study(home, study)
    build_warehouse(home, study, read_parameters(home, study), threads=2)
    return BuiltStudy(home)


def declared_models(*files: str) -> dict[str, dict[str, Any]]:
    """Return the models of the project's YAML files by name."""
    models = {}
    for file in files:
        for model in yaml.safe_load((MODELS / file).read_text(encoding="utf-8"))["models"]:
            models[model["name"]] = model
    return models


def declared_unit_tests() -> dict[str, list[str]]:
    """Return model -> the names of the unit tests that the project declares for it."""
    names: dict[str, list[str]] = {}
    for file in sorted(MODELS.rglob("*.yml")):
        for test in yaml.safe_load(file.read_text(encoding="utf-8")).get("unit_tests", []):
            names.setdefault(test["model"], []).append(test["name"])
    return names
