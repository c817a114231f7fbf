"""The JSON Schema of study.yml, for editors: what `pipelines.study` accepts, with the meaning of every key."""

from __future__ import annotations

import json
from typing import Any

from pipelines.settings import PROJECT_ROOT
from pipelines.study import Study
from pipelines.vocabulary import load_vocabulary

STUDY_SCHEMA_FILE = PROJECT_ROOT / "docs" / "study.schema.json"


def study_schema_text() -> str:
    """Return the schema: that of the model, the datasets and variables of the vocabulary, and plain items allowed."""
    schema = Study.model_json_schema()
    definitions = schema["$defs"]
    # An expression may be written as the item alone.
    full = dict(definitions["Expression"])
    definitions["Expression"] = {
        "description": full.pop("description"),
        "anyOf": [{"type": ["string", "number"], "description": "the item alone"}, full],
    }
    schema["properties"]["map"] = {**schema["properties"]["map"], **_datasets()}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_as_written(schema)}
    schema["title"] = "study.yml"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _datasets() -> dict[str, Any]:
    """Return the keys of `map`, each with its variables: a mapping as in the model, where only these may stand."""
    return {
        "additionalProperties": False,
        "properties": {
            dataset.name: {
                "description": dataset.description,
                "type": "array",
                "items": {
                    "allOf": [{"$ref": "#/$defs/Mapping"}],
                    "properties": {
                        "variables": {
                            "additionalProperties": False,
                            "properties": {
                                variable.name: {"$ref": "#/$defs/Expression", "description": variable.description}
                                for variable in dataset.variables.values()
                            },
                        }
                    },
                },
            }
            for dataset in load_vocabulary().values()
        },
    }


def _as_written(node: Any) -> Any:
    """Allow what an editor reads as a number or a truth value where text is meant: 007 needs no quotes in study.yml."""
    if isinstance(node, list):
        return [_as_written(one) for one in node]
    if not isinstance(node, dict):
        return node
    written = {key: _as_written(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    if written.get("type") == "string" and "enum" not in written and "const" not in written:
        written["type"] = ["string", "number", "boolean"]
    return written
