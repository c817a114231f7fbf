"""Holds a study's configuration against the catalogue before anything is read, laid or written."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pipelines.located_yaml import load_located_yaml
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.standardize.delivery_calendar import calendar_of
from pipelines.standardize.expression_check import check_expressions
from pipelines.study import Study
from pipelines.validate.parameters import ParameterValue, resolve_parameters
from pipelines.validate.suites import Suite, load_suites

# check id -> parameter -> value, of all checks for a study
Parameters = dict[str, dict[str, ParameterValue]]


def check_configuration(home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR) -> None:
    """Refuse what a run would come upon only after ingest or dbt: suites, parameters, SQL of study.yml.

    Raises:
        ConfigError: with file and line of the first mistake.
    """
    read_catalogue(home, study, suites_dir=suites_dir)
    check_expressions(study, load_located_yaml(home.study_file(study.study), as_text=True))


def read_parameters(home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR) -> Parameters:
    """Return the parameters of all checks for a study; raises what `read_catalogue` raises."""
    return read_catalogue(home, study, suites_dir=suites_dir)[1]


def read_catalogue(
    home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR
) -> tuple[tuple[Suite, ...], Parameters]:
    """Return all suites, and the parameters of their checks for a study.

    Raises:
        ConfigError: with file and line of the first mistake in a suite or in the study's parameters.
    """
    suites = _load_unchanged_suites(suites_dir, _state_of(suites_dir))
    document = load_located_yaml(home.study_file(study.study), as_text=True)
    parameters = resolve_parameters([check for suite in suites for check in suite.checks], study, document)
    for own in parameters.values():
        # What is due stands beside the source that it is about, or in the calendar; the check knows one of them.
        if isinstance(calendar := own.get("calendar"), list):
            own["calendar"] = calendar_of(study, calendar)
    return suites, parameters


@lru_cache(maxsize=1)
def _load_unchanged_suites(directory: Path, _state: tuple[tuple[str, int, int], ...]) -> tuple[Suite, ...]:
    """A run asks for the suites at each of its steps; they are read again only when a file has changed."""
    return tuple(load_suites(directory))


def _state_of(directory: Path) -> tuple[tuple[str, int, int], ...]:
    files = ((str(path), path.stat()) for path in sorted(directory.glob("*/*.yml")))
    return tuple((name, found.st_size, found.st_mtime_ns) for name, found in files)
