"""How Dagster calls dbt: offline, from this environment's own scripts, with a manifest that is never stale.

What dbt builds belongs to dbt_project/, where it builds it to standardize/.
"""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource
from packaging.version import Version

from pipelines.errors import UserError
from pipelines.settings import DBT_PROJECT_DIR, offline_environment

_GENERATED = ("target", "logs", "dbt_packages")


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
        dbt_executable=str(dbt_executable()),
        # Dagster keeps what dbt says; dbt's own debug log would cost an eighth of its time.
        global_config_flags=[
            "--no-send-anonymous-usage-stats",
            "--no-version-check",
            "--log-level-file",
            "warn",
        ],
    )


def manifest_path(project_dir: Path = DBT_PROJECT_DIR) -> Path:
    """Return where dbt's description of the project lies; it must be there before Dagster loads."""
    return project_dir / "target" / "manifest.json"


def manifest_is_current(project_dir: Path = DBT_PROJECT_DIR) -> bool:
    """Return whether the manifest is newer than every file of the project."""
    manifest = manifest_path(project_dir)
    if not manifest.is_file():
        return False
    written = manifest.stat().st_mtime
    return all(path.stat().st_mtime <= written for path in _project_files(project_dir))


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
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if result.returncode != 0:
            said = (result.stdout + result.stderr).strip()
            raise UserError(f"dbt cannot parse {project_dir}:\n{said}")
        for name in ("partial_parse.msgpack", "manifest.json"):
            parsed = Path(scratch) / name
            if parsed.is_file():
                parsed.replace(manifest.with_name(name))
    return manifest


def _project_files(project_dir: Path) -> Iterator[Path]:
    for path in project_dir.rglob("*"):
        if path.relative_to(project_dir).parts[0] in _GENERATED or path.name.startswith("."):
            continue
        # A file may vanish between listing and looking, while an editor saves it.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                yield path
