"""The dbt project keeps what it promises: unit tests, contracts that follow the vocabulary, grain and lineage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from built_study import MODELS, STUDY, BuiltStudy, declared_models, declared_unit_tests

from pipelines.validate.check_models import LINEAGE_COLUMNS, load_check_models
from pipelines.vocabulary import Dataset, load_vocabulary

SQL_FILES = sorted(MODELS.rglob("*.sql"))


UNIT_TESTS = declared_unit_tests()
DATASETS = [pytest.param(dataset, id=dataset.name) for dataset in load_vocabulary().values()]


def test_each_dataset_has_one_mart_and_no_other_is_declared() -> None:
    assert set(declared_models("marts/_marts.yml")) == {dataset.table for dataset in load_vocabulary().values()}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_built_mart_has_the_columns_of_its_contract(built: BuiltStudy, dataset: Dataset) -> None:
    declared = declared_models("marts/_marts.yml")[dataset.table]["columns"]
    columns = built.columns("marts")[dataset.table]
    assert {name: kind.lower() for name, kind in columns.items()} == {c["name"]: c["data_type"] for c in declared}
    assert all(column["description"] for column in declared)


def test_every_mart_is_a_table_so_that_an_extract_needs_no_store(built: BuiltStudy) -> None:
    with duckdb.connect(built.home.warehouse_file(STUDY), read_only=True) as connection:
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'marts'").fetchall()
    assert views == []


def test_each_check_ready_model_has_the_columns_that_its_file_declares(built: BuiltStudy) -> None:
    declared = load_check_models()
    assert set(declared) == {path.stem for path in SQL_FILES if path.parent.name == "checks"}
    tables = built.columns("checks")
    assert set(tables) == set(declared)
    for name, columns in tables.items():
        assert columns.keys() >= LINEAGE_COLUMNS.keys(), name
        assert {column: kind.lower() for column, kind in columns.items()} == declared[name].columns, name


def test_each_fact_has_a_meaning_and_a_file_declares_one_model() -> None:
    for path in sorted((MODELS / "marts" / "checks").glob("*.yml")):
        assert set(declared_models(f"marts/checks/{path.name}")) == {path.stem}
    for model in load_check_models().values():
        assert all(model.descriptions[fact] for fact in model.facts), model.name


def test_a_mart_on_quality_has_the_columns_of_its_contract(built: BuiltStudy) -> None:
    files = sorted((MODELS / "marts" / "quality").glob("*.yml"))
    declared = {name: model for file in files for name, model in declared_models(f"marts/quality/{file.name}").items()}
    assert set(declared) == {path.stem for path in SQL_FILES if path.parent.name == "quality"}
    tables = built.columns("quality")
    assert set(tables) == set(declared)
    for name, columns in tables.items():
        contract = {column["name"]: column["data_type"] for column in declared[name]["columns"]}
        assert {column: kind.lower() for column, kind in columns.items()} == contract, name
        assert "one row per" in declared[name]["description"].lower()


@pytest.mark.parametrize("model", load_check_models())
def test_what_is_never_blank_is_never_blank(built: BuiltStudy, model: str) -> None:
    filled = ["site", "dataset", "record", *sorted(load_check_models()[model].never_blank)]
    blank = " OR ".join(f'"{column}" IS NULL' for column in filled)
    with duckdb.connect(built.home.warehouse_file(STUDY), read_only=True) as connection:
        assert connection.execute(f"SELECT count(*) FROM checks.{model} WHERE {blank}").fetchone() == (0,)


@pytest.mark.parametrize("file", SQL_FILES, ids=lambda file: file.stem)
def test_each_model_says_what_one_row_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if file.parent.name == "staging":
        assert text.strip() == f"{{{{ stage('{file.stem.removeprefix('stg_')}') }}}}"
    elif file.parent.name == "marts":
        assert "one row per" in declared_models("marts/_marts.yml")[file.stem]["description"]
    else:
        assert "-- Grain: one row per" in text


@pytest.fixture(scope="module")
def unit_test_results(request: pytest.FixtureRequest, built: BuiltStudy) -> dict[str, dict[str, Any]]:
    """Return the results of dbt's unit tests, by name, run at once for those models whose tests are asked for."""
    asked = [item for item in request.session.items if "unit_test_results" in getattr(item, "fixturenames", ())]
    return built.run_unit_tests(sorted({item.callspec.params["model"] for item in asked}))


@pytest.mark.parametrize("model", UNIT_TESTS)
def test_the_unit_tests_of_a_model_pass(unit_test_results: dict[str, dict[str, Any]], model: str) -> None:
    for name in UNIT_TESTS[model]:
        result = unit_test_results[name]
        assert result["status"] == "pass", f"{name}: {result['status']}\n{result['message']}"


def test_no_two_unit_tests_have_one_name() -> None:
    names = [name for named in UNIT_TESTS.values() for name in named]
    assert len(names) > 10
    assert len(set(names)) == len(names)
