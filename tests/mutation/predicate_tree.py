"""A predicate of a suite as DuckDB's syntax tree and back, with its parameters left open."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cache
from typing import Any

import duckdb

Tree = dict[str, Any]

_PLACEHOLDER = re.compile(r"{[A-Za-z_]\w*(?:\.(?:low|high))?}")
# As the tree holds them: '{max_days}', and a list as the one item of a list, ('{tests[]}').
_OPEN = re.compile(r"'(\{[\w.]+\})'")
_OPEN_LIST = re.compile(r"\('(\{\w+)\[\](\})'\)")


def parse(predicate: str, list_parameters: Collection[str] = ()) -> Tree:
    """Return the tree of a predicate; a parameter is a text constant such as '{max_days}' in it."""

    def opened(match: re.Match[str]) -> str:
        name = match.group()[1:-1]
        return f"('{{{name}[]}}')" if name in list_parameters else f"'{{{name}}}'"

    sql = f"SELECT ({_PLACEHOLDER.sub(opened, predicate)}\n)"
    tree = json.loads(_ask("SELECT json_serialize_sql(?)", sql))
    if tree["error"]:
        raise ValueError(f"{tree['error_message']}: {predicate}")
    selected: Tree = tree["statements"][0]["node"]["select_list"][0]
    return selected


def to_sql(tree: Tree) -> str:
    """Return a tree as a predicate, its parameters in braces again."""
    sql = _ask("SELECT json_deserialize_sql(?)", json.dumps(_statement(tree))).removeprefix("SELECT ")
    sql = sql.replace("CAST('t' AS BOOLEAN)", "true").replace("CAST('f' AS BOOLEAN)", "false")
    return _OPEN.sub(r"\1", _OPEN_LIST.sub(r"\1\2", sql))


def constant(value: Any, kind: str = "VARCHAR", type_info: Any = None) -> Tree:
    """Return the tree of a literal."""
    value = {"type": {"id": kind, "type_info": type_info}, "is_null": False, "value": value}
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": 0, "value": value}


def negated(tree: Tree) -> Tree:
    """Return `not (tree)`."""
    return {"class": "OPERATOR", "type": "OPERATOR_NOT", "alias": "", "query_location": 0, "children": [tree]}


def joined(word: str, trees: list[Tree]) -> Tree:
    """Return trees joined by AND or OR; a single one stays as it is."""
    if len(trees) == 1:
        return trees[0]
    kind = f"CONJUNCTION_{word}"
    return {"class": "CONJUNCTION", "type": kind, "alias": "", "query_location": 0, "children": trees}


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


@cache
def _ask(query: str, text: str) -> str:
    row = _parser().execute(query, [text]).fetchone()
    assert row is not None
    return str(row[0])


@cache
def _empty_statement() -> str:
    return _ask("SELECT json_serialize_sql(?)", "SELECT 1")


def _statement(tree: Tree) -> Tree:
    statement: Tree = json.loads(_empty_statement())
    statement["statements"][0]["node"]["select_list"] = [tree]
    return statement
