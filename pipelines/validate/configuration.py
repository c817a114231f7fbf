"""Holds a study's configuration against the catalogue before anything is read, laid or written."""

from __future__ import annotations

from pathlib import Path

from pipelines.located_yaml import load_located_yaml
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.standardize.expression_check import check_expressions
from pipelines.study import Study
from pipelines.validate.parameters import ParameterValue, resolve_parameters
from pipelines.validate.suites import load_checks


def check_configuration(home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR) -> None:
    """Refuse what a run would come upon only after ingest or dbt: suites, parameters, SQL of study.yml.

    Raises:
        ConfigError: with file and line of the first mistake.
    """
    read_parameters(home, study, suites_dir=suites_dir)
    check_expressions(study, load_located_yaml(home.study_file(study.study), as_text=True))


def read_parameters(
    home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR
) -> dict[str, dict[str, ParameterValue]]:
    """Return check id -> parameter -> value of all checks for a study.

    Raises:
        ConfigError: with file and line of the first mistake in a suite or in the study's parameters.
    """
    document = load_located_yaml(home.study_file(study.study), as_text=True)
    return resolve_parameters(load_checks(suites_dir), study, document)
