"""The dbt project keeps what it promises: unit tests, contracts that follow the vocabulary, grain and lineage."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_study import MODELS, BuiltStudy, declared_models, declared_unit_tests

from pipelines.vocabulary import Dataset, load_vocabulary

COMMON = {
    "study": "varchar", "site": "varchar", "subject": "varchar", "USUBJID": "varchar", "source_name": "varchar",
    "source_file": "varchar", "source_row": "bigint", "content_hash": "ubigint", "dataset": "varchar",
    "record": "varchar",
}  # fmt: skip
# What a mart adds to its dataset: results in standard units, where the export need not have them.
ADDED = {"vs": {"VSSTRESC": "varchar", "VSSTRESN": "double", "VSSTRESU": "varchar"}}
LINEAGE = {"site", "subject", "dataset", "record", "source_file", "source_row"}
TYPES = {"text": "varchar", "result": "varchar", "date": "varchar", "number": "double"}
SQL_FILES = sorted(MODELS.rglob("*.sql"))


def contract_of(dataset: Dataset) -> dict[str, str]:
    variables = {variable.name: TYPES[variable.type] for variable in dataset.variables.values()}
    raw = {f"{v.name}_raw": "varchar" for v in dataset.variables.values() if v.type in ("date", "number")}
    return COMMON | variables | raw | ADDED.get(dataset.table, {})


DATASETS = [pytest.param(dataset, id=dataset.name) for dataset in load_vocabulary().values()]


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_marts_contract_is_its_vocabulary_with_the_common_columns(dataset: Dataset) -> None:
    declared = declared_models("marts/_marts.yml")[dataset.table]["columns"]
    assert {column["name"]: column["data_type"] for column in declared} == contract_of(dataset)
    meanings = {column["name"]: column.get("description", "") for column in declared}
    assert all(meanings.values())
    for variable in dataset.variables.values():
        assert meanings[variable.name] == variable.description


def test_each_dataset_has_one_mart_and_no_other_is_declared() -> None:
    assert set(declared_models("marts/_marts.yml")) == {dataset.table for dataset in load_vocabulary().values()}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_built_mart_has_the_columns_of_its_contract(built: BuiltStudy, dataset: Dataset) -> None:
    columns = built.columns("marts")[dataset.table]
    assert {name: kind.lower() for name, kind in columns.items()} == contract_of(dataset)


def test_each_check_ready_model_leads_back_to_the_delivered_row(built: BuiltStudy) -> None:
    declared = declared_models("marts/checks/_checks.yml")
    assert set(declared) == {path.stem for path in SQL_FILES if path.parent.name == "checks"}
    tables = built.columns("checks")
    assert set(tables) == set(declared)
    for name, columns in tables.items():
        assert set(columns) >= LINEAGE, name
        assert columns["source_row"] == "BIGINT", name
        assert set(columns) == {column["name"] for column in declared[name]["columns"]}, name


@pytest.mark.parametrize("file", SQL_FILES, ids=lambda file: file.stem)
def test_each_model_says_what_one_row_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if file.parent.name == "staging":
        assert text.strip() == f"{{{{ stage('{file.stem.removeprefix('stg_')}') }}}}"
    elif file.parent.name == "marts":
        assert "one row per" in declared_models("marts/_marts.yml")[file.stem]["description"]
    else:
        assert "-- Grain: one row per" in text


def test_dbts_unit_tests_pass_all_of_them(built: BuiltStudy) -> None:
    results = built.run_unit_tests()
    declared = declared_unit_tests()
    assert len(declared) > 10
    assert {result["unique_id"].rsplit(".", 1)[-1] for result in results} == declared
    assert {result["status"] for result in results} == {"pass"}
