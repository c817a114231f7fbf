"""What study.yml sets and dbt's models need as rows: the visit schedule, and the parameters of checks."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.study import Study

# Check id -> parameter -> value, resolved: the suite's default, or what study.yml sets in its place.
Parameters = Mapping[str, Mapping[str, bool | int | float | str | list[str]]]


def list_parameters(parameters: Parameters) -> list[tuple[str, str, int, str]]:
    """Return (check, parameter, position, value), one row per value of a list; an empty list gives no row."""
    return [
        (check_id, name, position, _text_of(value))
        for check_id, given in sorted(parameters.items())
        for name, values in given.items()
        for position, value in enumerate(values if isinstance(values, list) else [values], start=1)
    ]


def with_missing_codes(parameters: Parameters, study: Study) -> Parameters:
    """Return the parameters with the missing-data codes of data points among those of E-05."""
    declared = [code for source in study.sources.values() if source.has_data_points for code in source.missing]
    given = parameters.get("E-05", {})
    codes = given.get("missing_codes", [])
    if not declared or not isinstance(codes, list):
        return parameters
    return {**parameters, "E-05": {**given, "missing_codes": list(dict.fromkeys([*codes, *declared]))}}


def _text_of(value: bool | int | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def list_visits(study: Study) -> list[tuple[object, ...]]:
    """Return (visit, number, target day, window before, window after, required, anchor) in the order of study.yml."""
    return [
        (
            visit.name,
            visit.num,
            visit.day,
            visit.window.before if visit.window else None,
            visit.window.after if visit.window else None,
            visit.is_required,
            visit.anchor or study.anchor,
        )
        for visit in study.visits
    ]
