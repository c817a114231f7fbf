"""The mutants of a check: its two predicates, changed in one place each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mutation.predicate_tree import Tree, constant, joined, negated, parse, to_sql
from pipelines.validate import Check
from pipelines.validate.parameters import ParameterValue

# < and <= are one step apart, = and <> a negation: the limit of a check moves by one, or turns.
OPERATORS = {
    "COMPARE_LESSTHAN": "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHAN": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_GREATERTHAN",
    "COMPARE_EQUAL": "COMPARE_NOTEQUAL",
    "COMPARE_NOTEQUAL": "COMPARE_EQUAL",
    "COMPARE_DISTINCT_FROM": "COMPARE_NOT_DISTINCT_FROM",
    "COMPARE_NOT_DISTINCT_FROM": "COMPARE_DISTINCT_FROM",
    "OPERATOR_IS_NULL": "OPERATOR_IS_NOT_NULL",
    "OPERATOR_IS_NOT_NULL": "OPERATOR_IS_NULL",
}
# Functions that a predicate may use for nothing, unless a case says what they are there for.
DROPPED_FUNCTIONS = {"upper", "lower", "trim", "abs", "floor", "to_nine_places"}
# The other reading of a partial date.
OTHER_FUNCTIONS = {
    "first_day": "final_day",
    "final_day": "first_day",
    "lowest_age": "highest_age",
    "highest_age": "lowest_age",
    "certainly_differ": "certainly_after",
}
SWAPPED_FUNCTIONS = {"certainly_after", "least_days_between", "least_hours_between"}
NUMBERS = ("INTEGER", "BIGINT", "DECIMAL", "DOUBLE")
CHANGED = "~"


@dataclass(frozen=True)
class Mutant:
    """A check with one change; `change` says which, and names the mutant within its check."""

    check: Check
    change: str
    applies_when: str
    fails_when: str

    @property
    def changed_predicate(self) -> str:
        return self.fails_when if self.change.startswith("fails_when") else self.applies_when


def mutants_of(check: Check) -> list[Mutant]:
    """Return the mutants of a check, each with a name of its own."""
    seen: dict[str, int] = {}
    mutants = []
    for change, applies, fails in _changes(check):
        seen[change] = seen.get(change, 0) + 1
        name = f"{change} (no. {seen[change]})" if seen[change] > 1 else change
        mutants.append(Mutant(check, name, applies, fails))
    return mutants


def _changes(check: Check) -> Iterator[tuple[str, str, str]]:
    """Yield (change, applies_when, fails_when)."""
    lists = {name for name, value in check.parameters.items() if isinstance(value, list)}
    applies, fails = parse(check.applies_when, lists), parse(check.fails_when, lists)
    everything = to_sql(applies) == "true"
    if not everything:
        yield "applies_when dropped", "true", check.fails_when
    yield "applies_when negated", to_sql(negated(applies)), check.fails_when
    yield "fails_when negated", check.applies_when, to_sql(negated(fails))
    if not everything:
        for before, after, tree in _changed(applies, check.parameters):
            yield f"applies_when: {_shown(before)} -> {_shown(after)}", to_sql(tree), check.fails_when
    for before, after, tree in _changed(fails, check.parameters):
        yield f"fails_when: {_shown(before)} -> {_shown(after)}", check.applies_when, to_sql(tree)


def _changed(node: Any, parameters: dict[str, ParameterValue]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (the part as it was, as it becomes, the whole) for each change of one place in a tree."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            for before, after, tree in _changed(item, parameters):
                yield before, after, [*node[:index], tree, *node[index + 1 :]]
    elif isinstance(node, dict):
        if "class" in node:
            yield from _replacements(node, parameters)
        for key in _inner_keys(node):
            for before, after, inner in _changed(node[key], parameters):
                tree = {**node, key: inner}
                # A word alone does not say where it stands: it is told with what it is compared with or passed to.
                yield ((node, tree, tree) if _is_word(before) and "class" in node else (before, after, tree))


def _shown(tree: Tree) -> str:
    """A part as it is told: without the brackets that DuckDB puts around every operation."""
    text = to_sql(tree)
    return text[1:-1] if text.startswith("(") else text


def _inner_keys(node: Tree) -> list[str]:
    """The parts that are changed on their own: neither a list's items, which are dropped, nor the word in true."""
    if node.get("type") in ("COMPARE_IN", "COMPARE_NOT_IN") or _is_word(node):
        return []
    return [key for key, value in node.items() if isinstance(value, dict | list)]


def _replacements(node: Tree, parameters: dict[str, ParameterValue]) -> Iterator[tuple[Tree, Tree, Tree]]:
    """Yield (the part as it was, as it becomes, the node with it) for each change of the node itself."""
    if node["class"] == "CONJUNCTION":
        yield from _other_conjunctions(node)
    else:
        yield from ((node, other, other) for other in _others(node, parameters))


def _others(node: Tree, parameters: dict[str, ParameterValue]) -> Iterator[Tree]:
    kind = node["type"]
    if kind in OPERATORS:
        yield {**node, "type": OPERATORS[kind]}
    elif kind in ("COMPARE_IN", "COMPARE_NOT_IN"):
        yield from _shorter_lists(node)
    elif kind in ("OPERATOR_NOT", "OPERATOR_COALESCE"):
        yield node["children"][0]
    elif node["class"] == "FUNCTION":
        yield from _other_functions(node)
    elif _is_truth(node):
        yield _truth(node["child"]["value"]["value"] != "t")
    elif kind == "VALUE_CONSTANT" and not node["value"]["is_null"]:
        yield from _other_values(node["value"], parameters)


def _other_functions(node: Tree) -> Iterator[Tree]:
    name = node["function_name"]
    if name in DROPPED_FUNCTIONS:
        yield node["children"][0]
    if name in OTHER_FUNCTIONS:
        yield {**node, "function_name": OTHER_FUNCTIONS[name]}
    if name in SWAPPED_FUNCTIONS:
        swapped = {**node, "children": node["children"][::-1]}
        yield swapped
        if name == "certainly_after":  # so that the same date is after, too
            yield negated(swapped)


def _other_conjunctions(node: Tree) -> Iterator[tuple[Tree, Tree, Tree]]:
    """Turn each single AND into OR and each OR into AND, with the precedence that the written words would have."""
    parts = node["children"]
    is_and = node["type"] == "CONJUNCTION_AND"
    for index in range(1, len(parts)):
        around = parts[index - 1 : index + 1]
        every, some = joined("AND", around), joined("OR", around)
        if is_and:
            yield every, some, joined("OR", [joined("AND", parts[:index]), joined("AND", parts[index:])])
        else:
            yield some, every, joined("OR", [*parts[: index - 1], every, *parts[index + 1 :]])


def _shorter_lists(node: Tree) -> Iterator[Tree]:
    """Drop each item of a list; of one that is a parameter, or has one item, all."""
    value, *items = node["children"]
    if len(items) == 1:
        yield _truth(node["type"] == "COMPARE_NOT_IN")
        return
    for index in range(len(items)):
        yield {**node, "children": [value, *items[:index], *items[index + 1 :]]}


def _other_values(value: Tree, parameters: dict[str, ParameterValue]) -> Iterator[Tree]:
    kind, written = value["type"]["id"], value["value"]
    if kind in NUMBERS:
        for step in (1, -1):
            # A decimal is held as a whole number of its last place, so that one step is one of that place.
            yield constant(written + step, kind, _wider(value["type"]["type_info"]))
    elif kind == "VARCHAR" and written.startswith("{"):
        yield from _moved_parameter(written, parameters)
    elif kind == "VARCHAR":
        yield constant(written + CHANGED)


def _wider(decimal: Tree | None) -> Tree | None:
    return decimal and {**decimal, "width": decimal["width"] + 1}


def _moved_parameter(placeholder: str, parameters: dict[str, ParameterValue]) -> Iterator[Tree]:
    name, _, end = placeholder.strip("{}").partition(".")
    default = parameters[name]
    if isinstance(default, bool):
        yield parse(f"not {placeholder}")
    elif isinstance(default, int | float) or end:
        step = _step_of(str(default).split("..")[0])
        yield parse(f"{placeholder} + {step}")
        yield parse(f"{placeholder} - {step}")
    else:
        yield parse(f"{placeholder} || '{CHANGED}'")


def _step_of(number: str) -> Decimal:
    """One of the last place: 1 for 18, 0.1 for 2.5."""
    exponent = Decimal(number).as_tuple().exponent
    return Decimal(1).scaleb(min(int(exponent), 0))


def _is_word(node: Tree) -> bool:
    return node.get("class") == "CONSTANT" or _is_truth(node)


def _is_truth(node: Tree) -> bool:
    return node.get("type") == "OPERATOR_CAST" and to_sql(node) in ("true", "false")


def _truth(is_true: bool) -> Tree:
    return parse("true" if is_true else "false")
