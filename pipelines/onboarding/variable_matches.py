"""Which dataset a form holds and which columns are its variables: by name first, then by what the values are."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from pipelines.onboarding.column_profiles import ColumnProfile, ExportProfile
from pipelines.onboarding.known_names import find_by_names, is_again, known_names, plain
from pipelines.vocabulary import Dataset, Variable, load_vocabulary

# How like its variable an abbreviated name must be (difflib).
_LIKENESS = 2 / 3
# So many of its columns have to speak for a dataset where the form's name does not.
_LEAST_COLUMNS = 3
# Variables whose columns are told by their values alone, if by nothing else.
_TOLD_BY_VALUES = ("LBNRIND", "LBTOXGR", "AESEV", "AETOXGR")
# These codes are the whole of what a column of the variable may hold.
_CLOSED = ("SEX", "AETOXGR", "LBTOXGR", "LBNRIND", "IECAT")


@dataclass(frozen=True)
class Match:
    """The columns from which a variable can be read, one, or the parts of a date, and what speaks for them."""

    columns: tuple[str, ...]
    why: str


def guess_dataset(profile: ExportProfile) -> tuple[str, str] | None:
    """Return the dataset that a form feeds, with the reason; None where neither name nor columns tell."""
    names = known_names()
    vocabulary = load_vocabulary()
    stem = plain(re.sub(r"[0-9*]", "", profile.export.name))
    by_name = [name for name in vocabulary if find_by_names([plain(name), *names.forms.get(name, [])], {stem: stem})]
    exact = [name for name in by_name if stem in {plain(name), *names.forms.get(name, [])}]
    named = {name: _named(vocabulary[name], profile, profile.by_plain_name) for name in vocabulary}
    topics = {name: _topics(name, named[name]) for name in vocabulary}
    measured = {name: list(measured_columns(vocabulary[name], profile).values()) for name in vocabulary}
    for name in [*exact, *by_name]:
        if telling := topics[name] or measured[name]:
            return name, f"by its name and {', '.join(telling)}"
    # A few short names say little: an ECG has HR, PR and RR too, and its RR is no respiratory rate.
    likely = {name: [c for c in columns if _is_in_range(profile.columns[c])] for name, columns in measured.items()}
    told = [name for name in vocabulary if topics[name] or len(likely[name]) >= _LEAST_COLUMNS]
    content = {name: len(named[name]) + len(likely[name]) for name in told}
    best = max(content, key=lambda name: content[name], default=None)
    if best is not None and content[best] >= _LEAST_COLUMNS and list(content.values()).count(content[best]) == 1:
        return best, f"by {content[best]} of its columns, among them {', '.join(topics[best] or likely[best])}"
    return None


def measured_columns(dataset: Dataset, profile: ExportProfile) -> dict[str, str]:
    """Return short code of a test -> the column of its results; none where the form has a row for each test."""
    columns = profile.by_plain_name
    if find_by_names([f"{dataset.name.lower()}testcd", f"{dataset.name.lower()}orres"], columns):
        return {}
    found = {known.testcd: find_by_names(known.items, columns) for known in known_names().measurements_of(dataset.name)}
    return {
        testcd: column
        for testcd, column in found.items()
        if column is not None and profile.columns[column].numbers * 2 > profile.columns[column].filled
    }


def _is_in_range(column: ColumnProfile) -> bool:
    return max(column.within.values(), default=0) * 2 > column.numbers


def match_variables(dataset: Dataset, profile: ExportProfile, taken: set[str]) -> dict[str, Match]:
    """Return variable -> the columns that fill it; columns in `taken` (site, subject) are left out of weak guesses."""
    found: dict[str, Match] = {}
    # Columns that the format has of its own, such as LocationOID, are taken by their names only.
    taken = taken | {column.name for column in profile.columns.values() if column.is_key}
    # The items themselves first, even under an abbreviation, and then what writes them again.
    for again in (False, True):
        columns = {key: c for key, c in profile.by_plain_name.items() if again or not is_again(c)}
        found = _named(dataset, profile, columns) | found
        claimed = taken | _columns_of(found)
        claimed |= _other_ways_of_writing(profile, claimed)
        found |= _abbreviated(dataset, profile, columns, found, claimed)
    found |= _told_by_values(dataset, profile, found, taken | _columns_of(found))
    _pair_dates(dataset, profile, found)
    return {name: found[name] for name in dataset.variables if name in found}


def _columns_of(found: dict[str, Match]) -> set[str]:
    return {column for match in found.values() for column in match.columns}


def _pair_dates(dataset: Dataset, profile: ExportProfile, found: dict[str, Match]) -> None:
    """Take start and end alike from parts: where one may be partial on the form, so may the other."""
    names = [f"{dataset.name}STDTC", f"{dataset.name}ENDTC"]
    if {len(found[name].columns) > 1 for name in names if name in found} == {True, False}:
        for name in names:
            parts = _date_parts(known_names().names_of(dataset.name, name), profile.by_plain_name)
            whole = found[name].columns
            if len(whole) == 1 and parts and profile.columns[parts[0]].filled >= profile.columns[whole[0]].filled:
                found[name] = Match(parts, _filled(profile, parts[0], "the parts, as of the other date"))


def _topics(dataset: str, named: dict[str, Match]) -> list[str]:
    return [named[name].columns[0] for name in known_names().topics.get(dataset, []) if name in named]


def _named(dataset: Dataset, profile: ExportProfile, columns: dict[str, str]) -> dict[str, Match]:
    found: dict[str, Match] = {}
    for variable in dataset.variables.values():
        names = known_names().names_of(dataset.name, variable.name)
        # A column that has the name of one variable is not taken for another.
        own = {plain(other) for other in dataset.variables if other != variable.name}
        left = {key: name for key, name in columns.items() if key not in own or key in names}
        left = {
            key: name
            for key, name in left.items()
            if _could_be(dataset, variable, profile.columns[name], is_named=key in names)
        }
        whole = find_by_names(names, left)
        parts = _date_parts(names, profile.by_plain_name) if variable.type == "date" else ()
        if parts and (whole is None or _tells_more(profile, parts, whole, names)):
            found[variable.name] = Match(parts, _filled(profile, parts[0], "the parts have partial dates too"))
        elif whole:
            found[variable.name] = Match((whole,), _filled(profile, whole, "by its name"))
    return found


def _date_parts(names: list[str], columns: dict[str, str]) -> tuple[str, ...]:
    """Return the columns for year, month and day of a date, as far as the form has them."""
    suffixes = known_names().date_parts
    for name in names:
        if "*" in name:
            continue
        parts = [find_by_names([name + end for end in suffixes[part]], columns) for part in ("year", "month", "day")]
        if parts[0] and parts[1]:
            return tuple(part for part in parts if part)
    return ()


def _tells_more(profile: ExportProfile, parts: tuple[str, ...], whole: str, names: list[str]) -> bool:
    dates = _count_dates(profile.columns[whole], is_named=plain(whole) in names)
    return profile.columns[parts[0]].filled > dates


def _count_dates(column: ColumnProfile, *, is_named: bool) -> int:
    """Return how many values are dates: what a plain number fits too, 20240131, only where the name says so."""
    return column.dates.possible_dates if is_named else column.dates.certain_dates


def _could_be(dataset: Dataset, variable: Variable, column: ColumnProfile, *, is_named: bool = False) -> bool:
    """Return whether a column's values do not speak against the variable; `is_named`: it has one of its names."""
    if variable.type == "date":
        return _count_dates(column, is_named=is_named) * 2 >= column.filled > 0
    if not column.filled:
        return True
    if variable.type == "number":
        return column.numbers * 2 >= column.filled
    if variable.name == "VISIT" and len(column.code_set) == 1:
        return False  # the folder of a form that is filled in once, or whenever there is something to log
    codes = known_names().codes_of(dataset.name, variable.name)
    if codes and (variable.name in known_names().flags or variable.name in _CLOSED):
        terms = {*codes, *(term.lower() for term in codes.values())}
        return len(column.code_set & terms) * 2 > len(column.code_set) > 0
    return True


def _other_ways_of_writing(profile: ExportProfile, claimed: set[str]) -> set[str]:
    """Return the columns that write a claimed item in another way: its code, its raw text, parts of its date."""
    stems = {plain(column) for column in claimed}
    ends = ("std", "raw", *(end for ends in known_names().date_parts.values() for end in ends))
    return {
        column for key, column in profile.by_plain_name.items() for end in ends
        if key.endswith(end) and key.removesuffix(end) in stems
    }  # fmt: skip


def _abbreviated(
    dataset: Dataset, profile: ExportProfile, columns: dict[str, str], found: dict[str, Match], claimed: set[str]
) -> dict[str, Match]:
    """Match what is left by likeness: `exdsfrm` to EXDOSFRM, `AEOUTCOME` to AEOUT. The likest pairs first."""
    prefixes = tuple(known_names().prefixes(dataset.name))
    variables = [v for v in dataset.variables.values() if v.name not in found and v.name != "VISIT"]
    pairs = []
    for key, column in columns.items():
        ending = next((key.removeprefix(prefix) for prefix in prefixes if key.startswith(prefix)), key)
        for variable in variables:
            wanted = plain(variable.name.removeprefix(dataset.name))
            likeness = difflib.SequenceMatcher(None, ending, wanted).ratio()
            shortened = len(ending) > 1 and ending[0] == wanted[0] and _is_within(ending, wanted)
            extended = len(wanted) > 2 and ending.startswith(wanted) and ending.removeprefix(wanted).isalpha()
            if (shortened or extended) and likeness >= _LIKENESS / (2 if extended else 1) and variable.type != "date":
                pairs.append((-likeness, column, variable))
    matches: dict[str, Match] = {}
    for _, column, variable in sorted(pairs, key=lambda pair: pair[:2]):
        values = profile.columns[column]
        of_its_kind = variable.type not in ("text", "flag") or values.numbers * 2 <= values.filled
        if column in claimed or variable.name in matches or not of_its_kind:
            continue
        if _could_be(dataset, variable, values):
            matches[variable.name] = Match((column,), _filled(profile, column, "its name looks like an abbreviation"))
            claimed = {*claimed, column}
    return matches


def _is_within(short: str, long: str) -> bool:
    """Return whether the letters of `short` come in `long` in the same order."""
    letters = iter(long)
    return all(letter in letters for letter in short)


def _told_by_values(
    dataset: Dataset, profile: ExportProfile, found: dict[str, Match], claimed: set[str]
) -> dict[str, Match]:
    matches = {}
    for name in _TOLD_BY_VALUES:
        codes = set(known_names().codes_of(dataset.name, name))
        if name in found or name not in dataset.variables:
            continue
        fitting = [
            column.name
            for column in profile.columns.values()
            if column.name not in claimed and len(column.code_set) * 3 <= len(column.code_set & codes) * 4 >= 12
        ]
        if len(fitting) == 1:
            matches[name] = Match((fitting[0],), _filled(profile, fitting[0], "by its values alone"))
    return matches


def _filled(profile: ExportProfile, column: str, why: str) -> str:
    return f"{why}; filled in {profile.columns[column].filled:,} of {profile.rows:,} rows"
