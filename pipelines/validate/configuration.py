"""Holds a study's configuration against the catalogue before anything is read, laid or written."""

from __future__ import annotations

from pathlib import Path

from pipelines.located_yaml import load_located_yaml
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.standardize.expression_check import check_expressions
from pipelines.study import Study
from pipelines.validate.parameters import resolve_parameters
from pipelines.validate.suites import load_checks


def check_configuration(home: Home, study: Study, *, suites_dir: Path = EXPECTATIONS_DIR) -> None:
    """Refuse what a run would come upon only after ingest or dbt: suites, parameters, SQL of study.yml.

    Raises:
        ConfigError: with file and line of the first mistake.
    """
    document = load_located_yaml(home.study_file(study.study), as_text=True)
    resolve_parameters(load_checks(suites_dir), study, document)
    check_expressions(study, document)
