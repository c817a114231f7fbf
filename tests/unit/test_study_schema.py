"""The JSON Schema of study.yml says what the model accepts, and tells an editor the meaning of every key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from pipelines.settings import PROJECT_ROOT
from pipelines.study_schema import STUDY_SCHEMA_FILE, study_schema_text
from pipelines.vocabulary import load_vocabulary

EXAMPLES = sorted((PROJECT_ROOT / "examples" / "studies").glob("*/study.yml"))
SCHEMA = json.loads(study_schema_text())


def problems(document: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def study(**more: Any) -> dict[str, Any]:
    return {"study": "S-1", "title": "t", "sponsor": "s", "sources": {"AE": {"path": "edc/AE.csv"}}, **more}


def test_the_committed_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(STUDY_SCHEMA_FILE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_is_valid_and_names_the_schema_for_its_editor(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert problems(yaml.safe_load(text)) == []
    told = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / told).resolve() == STUDY_SCHEMA_FILE


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"sponsr": "s"}, "'sponsr' was unexpected"),
        ({"map": {"AF": []}}, "'AF' was unexpected"),
        ({"map": {"AE": [{"from": "AE", "variables": {"AETREM": "term"}}]}}, "'AETREM' was unexpected"),
        ({"map": {"AE": [{"variables": {}}]}}, "'from' is a required property"),
        ({"layout": "adam"}, "'adam' is not one of"),
    ],
)
def test_what_the_model_refuses_an_editor_marks(more: dict[str, Any], told: str) -> None:
    assert any(told in message for message in problems(study(**more)))


def test_plain_items_and_bare_numbers_are_no_mistakes() -> None:
    mapping = {"AE": [{"from": "AE", "variables": {"AETERM": "term", "AESER": {"item": "ser", "values": {1: "Y"}}}}]}
    assert problems(study(map=mapping, sites=[{"id": 101}], parameters={"E-01": {"max_lag_days": 5}})) == []


def keys_without_a_meaning(node: Any, at: str = "") -> list[str]:
    if isinstance(node, list):
        return [found for one in node for found in keys_without_a_meaning(one, at)]
    if not isinstance(node, dict):
        return []
    properties = node.get("properties", {}) if isinstance(node.get("properties", {}), dict) else {}
    silent = [f"{at}.{key}" for key, value in properties.items() if "description" not in value and key != "variables"]
    return silent + [found for key, value in node.items() for found in keys_without_a_meaning(value, f"{at}.{key}")]


def test_every_key_has_a_meaning() -> None:
    assert keys_without_a_meaning(SCHEMA) == []
    variables = SCHEMA["properties"]["map"]["properties"]["AE"]["items"]["properties"]["variables"]["properties"]
    assert variables["AESTDTC"]["description"] == load_vocabulary()["AE"].variables["AESTDTC"].description
