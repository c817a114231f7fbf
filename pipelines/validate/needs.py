"""How a check says what must have been delivered: clauses that all must hold, each of them of alternatives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipelines.errors import did_you_mean
from pipelines.validate.parameters import ParameterValue
from pipelines.vocabulary import load_vocabulary

# What Siteproof knows of every study by itself.
ALWAYS_THERE = frozenset({"DELIVERY"})


def alternatives_of(clause: str) -> list[str]:
    """Return what a clause is met by: a dataset `AE`, a variable `AE.AETERM`, or a parameter `{meddra_version}`."""
    return [need.strip() for need in clause.split(" or ")]


def parameter_of(need: str) -> str | None:
    """Return the parameter that meets a clause when a study states it, None where the need is of data."""
    match = re.fullmatch(r"{(\w+)}", need)
    return match.group(1) if match else None


def clause_problems(clause: str, defaults: Mapping[str, ParameterValue]) -> Iterator[str]:
    """Yield what is wrong with a clause of a check whose parameters have these defaults."""
    vocabulary = load_vocabulary()
    for need in alternatives_of(clause):
        dataset, _, variable = need.partition(".")
        parameter = parameter_of(need)
        if parameter is not None:
            yield from _parameter_problems(parameter, defaults)
        elif dataset in ALWAYS_THERE:
            continue
        elif dataset not in vocabulary:
            yield f'"{dataset}" is not a dataset.{did_you_mean(dataset, vocabulary)}'
        elif variable and variable not in vocabulary[dataset].variables:
            hint = did_you_mean(variable, vocabulary[dataset].variables)
            yield f"{dataset} has no variable {variable}.{hint}"


def _parameter_problems(name: str, defaults: Mapping[str, ParameterValue]) -> Iterator[str]:
    if name not in defaults:
        yield f'"{name}" is not one of its parameters.{did_you_mean(name, defaults)}'
    elif defaults[name] not in ("", []):
        yield f"{name} has a default, so that no study would ever lack it"
