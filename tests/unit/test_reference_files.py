"""What is generated is current: a generated file is committed only because this holds it to its source."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipelines.reference import generated_files
from pipelines.reference.mart_contracts import mart_contracts
from pipelines.settings import DBT_PROJECT_DIR, PROJECT_ROOT
from pipelines.vocabulary import Dataset, MartColumn, Variable, load_vocabulary

FILES = dict(generated_files())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())
def test_a_generated_file_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run `make reference`"


def contract(*variables: Variable, mart_adds: tuple[MartColumn, ...] = ()) -> dict[str, str]:
    dataset = Dataset("XX", "Things; one row per thing.", (), {one.name: one for one in variables}, mart_adds)
    (model,) = yaml.safe_load(mart_contracts([dataset]))["models"]
    assert model["name"] == "xx"
    return {column["name"]: column["data_type"] for column in model["columns"]}


def test_what_staging_casts_keeps_its_text_beside_it() -> None:
    columns = contract(
        Variable("XXTERM", "text", "Term"),
        Variable("XXSTDTC", "date", "Start"),
        Variable("XXORRES", "result", "Result"),
        Variable("XXDUR", "number", "Duration"),
    )
    variables = {name: kind for name, kind in columns.items() if name.startswith("XX")}
    assert list(variables.items()) == [
        ("XXTERM", "varchar"), ("XXSTDTC", "varchar"), ("XXSTDTC_raw", "varchar"), ("XXORRES", "varchar"),
            ("XXORRES_plain", "varchar"),
        ("XXDUR", "double"), ("XXDUR_raw", "varchar"),
    ]  # fmt: skip


def test_what_a_mart_derives_stands_behind_its_variables() -> None:
    columns = contract(Variable("XXORRES", "result", "Result"), mart_adds=(MartColumn("XXSTRESN", "double", "Number"),))
    assert list(columns)[-1] == "XXSTRESN"
    assert columns["XXSTRESN"] == "double"


@pytest.mark.parametrize(
    "meaning",
    [
        "Survival status, standardised",
        "As in: Rave",
        "# of doses",
        "yes",
        "1.0",
        '"quoted" word',
        "{a} [b]",
        "- dash",
        "",
    ],
)
def test_any_meaning_comes_back_as_it_was(meaning: str) -> None:
    dataset = Dataset("XX", "Things; one row per thing.", (), {"XXTERM": Variable("XXTERM", "text", meaning)})
    (model,) = yaml.safe_load(mart_contracts([dataset]))["models"]
    assert [column["description"] for column in model["columns"] if column["name"] == "XXTERM"] == [meaning]


def test_lineage_and_identity_are_never_blank() -> None:
    (model,) = yaml.safe_load(mart_contracts([load_vocabulary()["AE"]]))["models"]
    held = {column["name"] for column in model["columns"] if column.get("constraints") == [{"type": "not_null"}]}
    assert held == {"site", "source_file", "source_row", "record"}


@pytest.mark.parametrize(
    "path",
    sorted((DBT_PROJECT_DIR / "models").rglob("*.yml")),
    ids=lambda path: path.relative_to(DBT_PROJECT_DIR).as_posix(),
)
def test_no_description_ends_at_a_comma_that_wanted_quotes(path: Path) -> None:
    """Inside {} a comma ends an unquoted text, and YAML takes the rest as a key of its own without a word."""
    declared = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    tables = [table for source in declared.get("sources", []) for table in source["tables"]]
    for model in [*declared.get("models", []), *tables]:
        for column in model.get("columns", []):
            known = {"name", "data_type", "description", "config", "constraints", "data_tests"}
            assert column.keys() <= known, f"{model['name']}.{column['name']}"
