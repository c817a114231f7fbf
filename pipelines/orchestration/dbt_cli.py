"""How Dagster calls dbt: offline, from this environment's own scripts, with a manifest that is never stale.

What dbt builds belongs to dbt_project/, where it builds it to standardize/.
"""

import subprocess
import sys
import tempfile
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource
from packaging.version import Version

from pipelines.errors import UserError
from pipelines.settings import DBT_PROJECT_DIR, offline_environment
from pipelines.standardize.dbt_build import DBT_COMMAND
from pipelines.standardize.dbt_manifest import keep_manifest, manifest_is_current, manifest_path, project_digest


class OfflineDbt(DbtCliResource):
    """dagster-dbt's resource without its two needless calls."""

    @cached_property
    def _cli_version(self) -> Version:
        # Upstream runs `dbt --version`, which asks the package index for news. Drop this when that call can be
        # switched off.
        return Version(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: object) -> Any:  # noqa: ARG002 - upstream's signature
        # Upstream loads dbt into this process to look up columns and row counts, which we do not ask for; it costs
        # seconds, and DuckDB would then meet a second handle on the study's file.
        return None


def dbt_executable() -> Path:
    """Return the dbt of this environment; the shell's PATH may name another one or none."""
    return Path(sys.executable).with_name("dbt")


def dbt_resource(project_dir: Path = DBT_PROJECT_DIR) -> OfflineDbt:
    """Return the resource that runs dbt on the project."""
    return OfflineDbt(
        project_dir=str(project_dir),
        profiles_dir=str(project_dir),
        dbt_executable=DBT_COMMAND[0],
        # Dagster keeps what dbt says; dbt's own debug log would cost an eighth of its time.
        global_config_flags=[
            *DBT_COMMAND[1:],
            "--no-send-anonymous-usage-stats",
            "--no-version-check",
            "--log-level-file",
            "warn",
        ],
    )


def ensure_manifest(project_dir: Path = DBT_PROJECT_DIR, *, only_if_missing: bool = False) -> Path:
    """Have dbt parse the project when its manifest is absent or stale; return the manifest.

    Raises:
        UserError: dbt cannot parse the project; with what dbt said.
    """
    manifest = manifest_path(project_dir)
    if manifest_is_current(project_dir) or (only_if_missing and manifest.is_file()):
        return manifest
    manifest.parent.mkdir(parents=True, exist_ok=True)
    # Parsed beside its place and moved in, so that a process that loads meanwhile never reads half a manifest.
    with tempfile.TemporaryDirectory(prefix=".parse-", dir=manifest.parent) as scratch:
        command = [str(dbt_executable()), "--quiet", "--no-version-check", "parse"]
        command += ["--project-dir", str(project_dir), "--profiles-dir", str(project_dir), "--target-path", scratch]
        environment = offline_environment(SITEPROOF_WAREHOUSE=":memory:", SITEPROOF_THREADS="1", DBT_LOG_PATH=scratch)
        digest = project_digest(project_dir)
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if result.returncode != 0:
            said = (result.stdout + result.stderr).strip()
            raise UserError(f"dbt cannot parse {project_dir}:\n{said}")
        return keep_manifest(Path(scratch), digest, project_dir)
