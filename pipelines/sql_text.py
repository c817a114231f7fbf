"""Puts foreign text into SQL so that it stays text: names, values, lists, and the user's own expressions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import duckdb

from pipelines.errors import UserError

_REFUSED = {
    "SUBQUERY": "a subquery",
    "STAR": "*",
    "WINDOW": "a window function",
    "PARAMETER": "a parameter",
    "DEFAULT": "DEFAULT",
}


def quote_name(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(value: str) -> str:
    """Return `value` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def quote_list(values: Iterable[str]) -> str:
    """Return `values` as a bracketed list of string literals."""
    return "[" + ", ".join(quote_text(value) for value in values) + "]"


@cache
def columns_in(expression: str) -> frozenset[str]:
    """Return the column names that a scalar SQL expression uses.

    Raises:
        UserError: it is not one scalar expression (a statement, a subquery, several expressions, a syntax error).
    """
    # What is one expression both bare and in brackets neither closes our bracket (`a) OR (b`) nor goes on after it
    # (`a, b`, `a FROM t`), so that it can be put between brackets anywhere.
    _parse(expression, expression)
    tree = _parse(f"({expression}\n)", expression)
    names, parameters = set(), set()
    for node in _nodes(tree):
        if node.get("class") in _REFUSED:
            raise UserError(f"{_REFUSED[node['class']]} is not allowed in an expression: {expression!r}")
        if node.get("class") == "COLUMN_REF":
            names.add(node["column_names"][-1])
        if node.get("class") == "LAMBDA":
            parameters |= {ref["column_names"][-1] for ref in _nodes(node["lhs"]) if ref.get("class") == "COLUMN_REF"}
    return frozenset(names - parameters)


@cache
def texts_in(expression: str) -> tuple[str, ...]:
    """Return the texts that stand as literals in a scalar SQL expression, each once, in alphabetical order.

    Raises:
        UserError: it is not SQL.
    """
    constants = (node["value"] for node in _nodes(_parse(expression, expression)) if node.get("class") == "CONSTANT")
    return tuple(sorted({found["value"] for found in constants if isinstance(found.get("value"), str)}))


def _parse(sql: str, expression: str) -> Any:
    row = _parser().execute("select json_serialize_sql(?)", [f"select {sql}\n"]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error"):
        raise UserError(f"not an SQL expression: {expression!r} ({tree.get('error_message', 'syntax error')})")
    statements = tree["statements"]
    if len(statements) != 1 or len(statements[0]["node"].get("select_list", [])) != 1:
        raise UserError(f"not one SQL expression: {expression!r}")
    return statements[0]["node"]["select_list"][0]


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return DuckDB's own parser: a connection to no file, opened once, since a suite asks it dozens of times."""
    return duckdb.connect()


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _nodes(item)
