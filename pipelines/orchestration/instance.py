"""The Dagster instance of a home: one history for the command line and the UI, in SQLite below home/dagster."""

from pathlib import Path

import dagster as dg

from pipelines.settings import HOME_VARIABLE, PROJECT_ROOT, Home, offline_environment

CONFIGURATION = PROJECT_ROOT / "dagster.yaml"
WORKSPACE = PROJECT_ROOT / "workspace.yaml"


def prepare_instance(home: Home) -> Path:
    """Make home/dagster ready as DAGSTER_HOME: it holds a copy of the root dagster.yaml, renewed when that changes."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    wanted = CONFIGURATION.read_text(encoding="utf-8")
    copy = home.dagster / CONFIGURATION.name
    if not copy.is_file() or copy.read_text(encoding="utf-8") != wanted:
        fresh = copy.with_suffix(".new")
        fresh.write_text(wanted, encoding="utf-8")
        fresh.replace(copy)
    return home.dagster


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's instance; its runs stay and are seen in the UI."""
    return dg.DagsterInstance.from_config(str(prepare_instance(home)))


def dagster_environment(home: Home) -> dict[str, str]:
    """Return the environment for a Dagster process that serves this home."""
    return offline_environment(**{HOME_VARIABLE: str(home.root), "DAGSTER_HOME": str(prepare_instance(home))})
