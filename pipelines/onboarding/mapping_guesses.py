"""How a dataset is mapped from a form: expressions, value maps, constants and measurements, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipelines.onboarding.column_profiles import ColumnProfile, ExportProfile
from pipelines.onboarding.identities import IdentityGuess, name_in_sql
from pipelines.onboarding.known_names import KnownMeasurement, find_by_names, known_names
from pipelines.onboarding.variable_matches import Match, match_variables, measured_columns
from pipelines.study import Measurement
from pipelines.study_source import Expression
from pipelines.vocabulary import Dataset

T = TypeVar("T")

_MILESTONE = re.compile("informed consent|randomi|enrolled")


@dataclass(frozen=True)
class Guess(Generic[T]):
    """A value of study.yml with what speaks for it; an open one is for a human to settle."""

    value: T
    why: str
    is_open: bool = False


@dataclass
class MappingGuess:
    """What one form is to a dataset; the reason says why it is taken for one."""

    dataset: str
    source: str
    why: str
    where: str | None = None
    variables: dict[str, Guess[Expression]] = field(default_factory=dict)
    measurements: list[Guess[Measurement]] = field(default_factory=list)


def guess_mapping(
    dataset: Dataset, why: str, profile: ExportProfile, site: IdentityGuess | None, subject: IdentityGuess | None
) -> MappingGuess:
    """Map a dataset from a form."""
    taken = {identity.column for identity in (site, subject) if identity is not None}
    guess = MappingGuess(dataset.name, profile.export.name, why)
    guess.measurements = _measurements(dataset, profile)
    measured = {one.value.result for one in guess.measurements}
    matches = match_variables(dataset, profile, taken | measured)
    for name in dataset.variables:
        known = _whose(name, profile, site, subject) or _record_id(name, dataset, profile)
        if known is None and name in matches and not measured & set(matches[name].columns):
            known = _expression(dataset.name, name, matches[name], profile)
        if known is not None:
            guess.variables[name] = known
    guess.variables |= _constants(guess, profile)
    order = list(dataset.variables)
    guess.variables = dict(sorted(guess.variables.items(), key=lambda one: order.index(one[0])))
    return guess


def _constants(guess: MappingGuess, profile: ExportProfile) -> dict[str, Guess[Expression]]:
    """Return what no column says, since on the form it goes without saying."""
    constants = {}
    if "AGE" in guess.variables and "AGEU" not in guess.variables:
        constants["AGEU"] = Guess(Expression(value="YEARS"), "no column has the unit of the age")
    terms = [guess.variables[name].value for name in ("DSDECOD", "DSTERM") if name in guess.variables]
    values = {value for term in terms if term.item for value in profile.columns[term.item].code_set}
    if values and "DSCAT" not in guess.variables and not any(_MILESTONE.search(value) for value in values):
        constants["DSCAT"] = Guess(Expression(value="DISPOSITION EVENT"), "no milestone is among the values")
    return constants


def _whose(
    name: str, profile: ExportProfile, site: IdentityGuess | None, subject: IdentityGuess | None
) -> Guess[Expression] | None:
    if name in ("SITEID", "site_id") and site is not None:
        return Guess(site.expression, site.why)
    if name == "SITEID" and subject is not None and profile.columns[subject.column].parts_naming_site == profile.rows:
        sql = f"split_part({name_in_sql(subject.column)}, '-', 1)"
        return Guess(Expression(sql=sql), f"the subject's id begins with the site in all {profile.rows:,} rows")
    return None


def _record_id(name: str, dataset: Dataset, profile: ExportProfile) -> Guess[Expression] | None:
    """Return what the EDC calls a record: the line of a log form, or the id of the page's record."""
    if name != f"{dataset.name}SPID":
        return None
    names = known_names()
    line = find_by_names(names.log_line, profile.by_plain_name)
    if line is not None and (profile.columns[line].codes is None or len(profile.columns[line].code_set) > 1):
        sql = f"split_part({name_in_sql(line)}, '.', 1)"
        return Guess(Expression(sql=sql), "the line of a log form, without the .0 of an export")
    record = find_by_names(names.record_id, profile.by_plain_name)
    return Guess(Expression(item=record), "the EDC's number of the record") if record is not None else None


def _expression(dataset: str, name: str, match: Match, profile: ExportProfile) -> Guess[Expression]:
    if len(match.columns) > 1:
        parts = dict(zip(("year", "month", "day"), match.columns, strict=False))
        return Guess(Expression.model_validate(parts), match.why)
    column = profile.columns[match.columns[0]]
    values, unknown = _value_map(dataset, name, column)
    if name in known_names().capitals and any(value != value.upper() for value in column.codes or ()):
        return Guess(Expression(sql=f"upper({name_in_sql(column.name)})"), f"{match.why}; SDTM has capitals")
    told = f"; {unknown} of {len(column.codes or ())} different values are on no list" if unknown else ""
    return Guess(Expression(item=column.name, values=values or None), match.why + told)


def _value_map(dataset: str, name: str, column: ColumnProfile) -> tuple[dict[str, str], int]:
    """Return the values that the checks know by another word, and how many they do not know at all."""
    codes = known_names().codes_of(dataset, name)
    if not codes or not column.codes:
        return {}, 0
    terms = set(codes.values())
    written = {*column.codes, *(_counterpart(value) for value in column.codes)}
    differing = {v: codes[v.lower()] for v in sorted(written) if v not in terms and v.lower() in codes}
    return differing, sum(1 for v in column.codes if v not in terms and v.lower() not in codes)


def _counterpart(value: str) -> str:
    """Return the other answer, written alike: a form that only ever said No will say Yes one day."""
    other = {"yes": "no", "no": "yes", "true": "false", "false": "true"}.get(value.lower(), value)
    return other.upper() if value.isupper() else other.title() if value.istitle() else other


def _measurements(dataset: Dataset, profile: ExportProfile) -> list[Guess[Measurement]]:
    """Return the columns of a form that are a measurement each, with their units."""
    columns = measured_columns(dataset, profile)
    known = {one.testcd: one for one in known_names().measurements_of(dataset.name)}
    return [_measurement(dataset, known[testcd], profile, column) for testcd, column in columns.items()]


def _measurement(dataset: Dataset, known: KnownMeasurement, profile: ExportProfile, column: str) -> Guess[Measurement]:
    place = _beside(profile, column, ("loc", "location"))
    variables = {f"{dataset.name}LOC": Expression(item=place)} if place else {}
    unit_column = _beside(profile, column, ("unit", "u", "orresu"))
    values = profile.columns[column]
    likely = [unit for unit in known.units if values.within[unit] * 100 >= values.numbers * 99]
    measurement = Measurement(testcd=known.testcd, test=known.test, result=column, variables=variables)
    if unit_column:
        return Guess(_with_unit(measurement, Expression(item=unit_column)), "by its name, with a column for the unit")
    counts = ", ".join(f"{values.within[unit]:,} could be {unit}" for unit in known.units)
    told = f"no column has the unit; of {values.numbers:,} numbers {counts}"
    if len(likely) == 1:
        return Guess(_with_unit(measurement, Expression(value=likely[0])), told)
    return Guess(measurement, f"{told}; write unit: {{value: ...}} as on the form", is_open=True)


def _with_unit(measurement: Measurement, unit: Expression) -> Measurement:
    return measurement.model_copy(update={"unit": unit})


def _beside(profile: ExportProfile, column: str, endings: tuple[str, ...]) -> str | None:
    """Return the column that belongs to another by its name: IT.TEMP_LOC to IT.TEMP."""
    columns: Mapping[str, str] = {name.lower(): name for name in profile.columns}
    return next((columns[f"{column.lower()}_{end}"] for end in endings if f"{column.lower()}_{end}" in columns), None)
