"""Has dbt build a study's marts, in a process of its own: dbt in-process would keep the write handle on the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipelines.errors import UserError
from pipelines.settings import (
    DBT_PROJECT_DIR,
    MEMORY_VARIABLE,
    WAREHOUSE_VARIABLE,
    Home,
    memory_limit,
    offline_environment,
)
from pipelines.standardize.raw_views import lay_raw_views
from pipelines.standardize.study_settings import Parameters
from pipelines.study import Study

# What runs dbt: this environment's Python, whatever the shell's PATH names.
DBT_COMMAND = (sys.executable, "-m", "pipelines.standardize.dbt_process")
# Unit tests of the models are for their developers; a study's run builds.
DBT_BUILD = ("build", "--exclude-resource-type", "unit_test")


def dbt_environment(home: Home, study_id: str, threads: int | None = None) -> dict[str, str]:
    """Return the environment in which dbt works on one study's warehouse."""
    return offline_environment(
        **{WAREHOUSE_VARIABLE: str(home.warehouse_file(study_id)), MEMORY_VARIABLE: memory_limit()},
        SITEPROOF_THREADS=str(threads or os.cpu_count() or 1),
        DBT_PROFILES_DIR=str(DBT_PROJECT_DIR),
        DBT_LOG_PATH=str(dbt_target(home, study_id)),
    )


def dbt_target(home: Home, study_id: str) -> Path:
    """Return the folder for dbt's artifacts of a study."""
    return home.warehouse / "dbt" / study_id


def build_warehouse(home: Home, study: Study, parameters: Parameters, threads: int | None = None) -> None:
    """Lay the raw views and build all models and seeds on them; `parameters` are the resolved ones of all checks.

    Raises:
        UserError: a model failed; with what dbt said of it.
    """
    lay_raw_views(home, study, parameters)
    target = dbt_target(home, study.study)
    command = [*DBT_COMMAND, "--quiet", *DBT_BUILD]
    command += ["--project-dir", str(DBT_PROJECT_DIR), "--target-path", str(target)]
    result = subprocess.run(  # noqa: S603 - our own command, no shell
        command, env=dbt_environment(home, study.study, threads), capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise UserError(f"dbt could not build {study.study}:\n{result.stdout.strip()}\n{result.stderr.strip()}")
