"""A study whose warehouse holds hand-made check-ready rows, as standardize and dbt would leave it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import yaml
from check_tables import create_tables, insert_rows, open_with_functions

from pipelines.settings import Home
from pipelines.study import Study, load_study
from pipelines.validate import Outcome
from pipelines.validate.quality_tables import READINESS_SCHEMA
from pipelines.vocabulary import load_vocabulary

STUDY = "ST-1"
STUDY_FILE = {"study": STUDY, "title": "t", "sponsor": "s", "sources": {"AE": {"path": "edc/AE.csv"}}, "map": {}}

Rows = dict[str, list[dict[str, Any]]]


def lay_study(home: Home, rows: Rows, sites: Sequence[str], **keys: Any) -> Study:
    """Write study.yml, and a warehouse in which every site delivered everything; `rows` go from model to its rows."""
    path = home.study_file(STUDY)
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({**STUDY_FILE, **keys}), encoding="utf-8")
    home.warehouse.mkdir()
    connection = open_with_functions(home.warehouse_file(STUDY))
    create_tables(connection, *rows)
    for model, given in rows.items():
        insert_rows(connection, model, given)
    delivered = [
        f"('{site}', '{dataset.name}', '{variable}', true, '')"
        for site in sites
        for dataset in load_vocabulary().values()
        for variable in ("", *dataset.variables)
    ]
    connection.execute("CREATE SCHEMA quality")
    connection.execute("CREATE TABLE quality.subject_status(site VARCHAR, subject VARCHAR, open_queries BIGINT)")
    columns = ", ".join(f"{name} {'BIGINT' if name == 'source_row' else 'VARCHAR'}" for name in READINESS_SCHEMA)
    connection.execute(f"CREATE TABLE quality.site_readiness({columns})")
    connection.execute("CREATE SCHEMA settings")
    connection.execute("CREATE TABLE settings.site(site VARCHAR, seen_in VARCHAR)")
    connection.executemany("INSERT INTO settings.site VALUES (?, 'landing')", [[site] for site in sites])
    connection.execute(
        "CREATE TABLE settings.availability(site VARCHAR, dataset VARCHAR, variable VARCHAR, delivered BOOLEAN,"
        " reason VARCHAR)"
    )
    connection.execute(f"INSERT INTO settings.availability VALUES {', '.join(delivered)}")
    connection.close()
    return load_study(path)


def copy_suite_with(source: Path, directory: Path, check_id: str, kept: Collection[str], **predicates: str) -> Path:
    """Copy checks of a suite file into a catalogue of their own, with other predicates in one of them."""
    suite = yaml.safe_load(source.read_text(encoding="utf-8"))
    suite["expectations"] = [one for one in suite["expectations"] if one["meta"]["id"] in kept]
    for expectation in suite["expectations"]:
        if expectation["meta"]["id"] == check_id:
            expectation["kwargs"] |= predicates
    path = directory / source.parent.name / source.name
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(suite, sort_keys=False), encoding="utf-8")
    return directory


def told(outcome: Outcome) -> dict[tuple[str, str], tuple[str, int, int]]:
    """(check, site) -> status, evaluated, failed."""
    columns = outcome.verdicts.select("check_id", "site", "status", "evaluated", "failed")
    return {
        (check, site): (status, evaluated, failed) for check, site, status, evaluated, failed in columns.iter_rows()
    }
