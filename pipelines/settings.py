"""Where everything lives: the only reader of environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
EXPECTATIONS_DIR = PROJECT_ROOT / "expectations"
HOME_VARIABLE = "SITEPROOF_HOME"
# dbt's profile reads it too.
WAREHOUSE_VARIABLE = "SITEPROOF_WAREHOUSE"
# How much memory the warehouse's engine may hold before it writes to disk, e.g. 8GiB; dbt's profile reads it too.
MEMORY_VARIABLE = "SITEPROOF_MEMORY_LIMIT"
DEFAULT_HOME = Path("siteproof-home")

# Siteproof opens no connection while it runs (design rule 8): every telemetry that a library offers is off.
OFFLINE_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
}


@dataclass(frozen=True)
class Home:
    """The one folder in which an installation keeps its data; each property is a room of the way of the data."""

    root: Path

    @property
    def studies(self) -> Path:
        """`<STUDY>/study.yml`: one folder a study."""
        return self.root / "studies"

    @property
    def landing(self) -> Path:
        """`<STUDY>/<SITE>/<system>/<file>`: exports as delivered; never changed by us."""
        return self.root / "landing"

    @property
    def store(self) -> Path:
        """Write-once record: original bytes and the same content as typed-as-text Parquet."""
        return self.root / "store"

    @property
    def warehouse(self) -> Path:
        """`<STUDY>.duckdb`: disposable, rebuilt from the store."""
        return self.root / "warehouse"

    @property
    def findings(self) -> Path:
        """Verdicts and findings, one set a run, kept for ever."""
        return self.root / "findings"

    @property
    def reports(self) -> Path:
        """`<STUDY>/index.html`."""
        return self.root / "reports"

    @property
    def transfers(self) -> Path:
        """`<STUDY>/<TRANSFER>/`: the sponsor's extracts."""
        return self.root / "transfers"

    @property
    def templates(self) -> Path:
        """`<STUDY>/<DATASET>.csv` and `.xlsx`: what sites fill in where they keep no electronic site file."""
        return self.root / "templates"

    @property
    def dagster(self) -> Path:
        """Dagster's instance: run history, schedules, sensors."""
        return self.root / "dagster"

    def study_file(self, study: str) -> Path:
        """Return the path of a study's configuration."""
        return self.studies / study / "study.yml"

    def warehouse_file(self, study: str) -> Path:
        """Return the path of a study's DuckDB file."""
        return self.warehouse / f"{study}.duckdb"


def resolve_home(option: Path | None = None) -> Home:
    """Return the home given on the command line, else in `$SITEPROOF_HOME`, else `./siteproof-home`."""
    root = option or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)
    return Home(root.expanduser().absolute())


def dbt_warehouse() -> Path:
    """Return the DuckDB file that this process was started to build, as dbt's profile names it."""
    return Path(os.environ.get(WAREHOUSE_VARIABLE, ":memory:"))


def memory_limit() -> str:
    """Return how much memory the warehouse's engine may hold, as DuckDB writes it; half of the machine's by default.

    What a build needs beyond it lies in a folder beside the warehouse file while it runs.
    """
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return os.environ.get(MEMORY_VARIABLE) or f"{physical // 2 // 2**20}MiB"


def offline_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment with every telemetry off, for a child process, plus `extra`."""
    return {**os.environ, **OFFLINE_ENVIRONMENT, **extra}


def go_offline() -> None:
    """Switch every telemetry off in this process; called before a library that has one is imported."""
    os.environ.update(OFFLINE_ENVIRONMENT)
