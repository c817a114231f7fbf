"""Examines the installation, the home and its studies, and says what to do about what is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from pipelines.errors import UserError
from pipelines.settings import DBT_PROJECT_DIR, EXPECTATIONS_DIR, Home, go_offline

_PACKAGES = ("dagster", "dagster_webserver", "dagster_dbt", "dbt.adapters.duckdb", "duckdb", "polars", "pyarrow")
_INSTALL = "install again: pip install --no-deps -r requirements.lock, or make venv"


@dataclass(frozen=True)
class Examination:
    """One thing looked at: whether it is well, what was seen, and what to do if it is not."""

    subject: str
    well: bool
    seen: str
    cure: str = ""


def examine(home: Home, study_id: str | None = None) -> Iterator[Examination]:
    """Look at everything that a run needs, cheapest first; with a study, at nothing but that one."""
    go_offline()
    if study_id is not None:
        yield from _study(home, study_id)
        return
    yield from _packages()
    yield from _folders(home)
    yield from _studies(home)
    yield _catalogue()
    yield _manifest()


def _packages() -> Iterator[Examination]:
    for name in _PACKAGES:
        try:
            import_module(name)
        except ImportError as error:
            yield Examination(f"package {name}", False, str(error), _INSTALL)
        else:
            yield Examination(f"package {name}", True, "imports")
    dbt = _dbt_script()
    yield Examination("dbt", dbt.is_file(), str(dbt), "" if dbt.is_file() else _INSTALL)


def _dbt_script() -> Path:
    from pipelines.orchestration.dbt_cli import dbt_executable

    return dbt_executable()


def _folders(home: Home) -> Iterator[Examination]:
    if not home.root.is_dir():
        cure = "make a study folder in it, or run siteproof demo; --home DIR or SITEPROOF_HOME names another home"
        yield Examination("home", False, f"{home.root} does not exist", cure)
        return
    rooms = (home.studies, home.landing, home.store, home.warehouse, home.findings, home.reports, home.transfers)
    for folder in (home.root, *rooms, home.dagster):
        if folder.exists():
            well = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
            cure = "" if well else f"give your user the right to write: chown or chmod {folder}"
            yield Examination(f"folder {folder.name}", well, str(folder) if well else f"{folder} is not writable", cure)


def _studies(home: Home) -> Iterator[Examination]:
    from pipelines.orchestration.partitions import known_studies

    studies = known_studies(home)
    if not studies:
        cure = f"put exports into {home.landing}/<STUDY>/<SITE>/<system>/ and run siteproof init <STUDY>"
        yield Examination("studies", False, f"no study in {home.studies}", cure)
    for study_id in studies:
        yield from _study(home, study_id)


def _study(home: Home, study_id: str) -> Iterator[Examination]:
    from pipelines.orchestration.schedules import build_schedule
    from pipelines.orchestration.study_health import examine_study, left_open
    from pipelines.study import load_study
    from pipelines.validate import check_configuration

    yield from left_open(home.study_file(study_id))
    try:
        study = load_study(home.study_file(study_id))
        build_schedule(study, f"doctor_{len(study_id)}")
        check_configuration(home, study)
    except UserError as error:
        yield Examination(f"study {study_id}", False, str(error), "mend the line named")
    else:
        sites = home.landing / study_id
        seen = "configuration loads" if sites.is_dir() else f"configuration loads; nothing in {sites} yet"
        yield Examination(f"study {study_id}", True, seen)
        yield from examine_study(home, study)


def _catalogue() -> Examination:
    from pipelines.validate import load_checks

    try:
        checks = load_checks(EXPECTATIONS_DIR)
    except UserError as error:
        return Examination("catalogue", False, str(error), "mend the line named")
    return Examination("catalogue", bool(checks), f"{len(checks)} checks", "" if checks else "expectations/ is empty")


def _manifest() -> Examination:
    from pipelines.orchestration.dbt_cli import ensure_manifest

    try:
        manifest = ensure_manifest()
    except UserError as error:
        return Examination("dbt manifest", False, str(error), "mend what dbt names")
    except OSError as error:
        return Examination("dbt manifest", False, str(error), f"give your user the right to write {DBT_PROJECT_DIR}")
    return Examination("dbt manifest", True, str(manifest))
