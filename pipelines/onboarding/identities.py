"""Which columns say whose a row is: the site that delivered it and the subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.onboarding.column_profiles import ColumnProfile, ExportProfile
from pipelines.onboarding.known_names import find_by_names, known_names, plain, plain_columns
from pipelines.sql_text import columns_in, quote_name
from pipelines.study_layouts import study_prefix, without_study_sql
from pipelines.study_source import Expression

# Below this share of known subjects, a column is taken for something else; where the study's id stands before fewer
# ids than that, it is taken for a part of them.
_MOST = 0.95


@dataclass(frozen=True)
class IdentityGuess:
    """The column that names the site or the subject, and what speaks for it."""

    expression: Expression
    why: str
    column: str


def site_columns(profile: ExportProfile) -> list[str]:
    """Return the columns whose every value, in every row of every file, is the name of the site's folder."""
    return [c.name for c in profile.columns.values() if c.naming_site == c.filled == profile.rows > 0]


def guess_site(profile: ExportProfile, naming_sites: Counter[str]) -> IdentityGuess | None:
    """Return the site's column: of several with a site's name, the one that names the folder in the most exports.

    Args:
        profile: the export.
        naming_sites: plain name -> in how many exports of the study such a column names the folder.
    """
    naming = site_columns(profile)
    if not naming:
        return None
    known = [name for name in naming if find_by_names(known_names().site, {plain(name): name})] or naming
    most = max(naming_sites[plain(name)] for name in known)
    likeliest = [name for name in known if naming_sites[plain(name)] == most]
    best = find_by_names(known_names().site, plain_columns(likeliest)) or likeliest[0]
    why = f"names the site's folder in {profile.rows:,} of {profile.rows:,} rows"
    if others := [name for name in naming if name != best]:
        of_others = ", ".join(f"{name} in {naming_sites[plain(name)]:,}" for name in others)
        why += f", {best} in {most:,} exports, {of_others}"
    return IdentityGuess(Expression(item=best), why, best)


def guess_subject(profile: ExportProfile, study_id: str, known_subjects: set[str]) -> IdentityGuess | None:
    """Return where the subject's id stands: best, where the subjects of the study are known, by its values.

    Args:
        profile: the export.
        study_id: the study's id; where it stands before most ids of a column, it is taken off.
        known_subjects: the ids of the study's subjects, as `subject_ids` returns them; empty where they are not known.
    """
    if profile.subject is not None and profile.subject in profile.columns:
        return _guess(profile, profile.columns[profile.subject], study_id, "the format itself names the subject there")
    candidates = _candidates(profile)
    if not candidates:
        return None
    if known_subjects:
        for column in candidates:
            share = _share(subject_ids(column, study_id), known_subjects)
            if share >= _MOST:
                return _guess(profile, column, study_id, f"{share:.0%} of its ids are subjects of DM")
        for column in candidates:
            whole = subject_ids(column, study_id)
            ids = {value.split("-")[0] for value in whole}
            share = _share(ids, known_subjects)
            if share >= _MOST and ids != whole:
                return _guess(profile, column, study_id, f"{share:.0%} of its first parts are DM's", is_cut=True)
    why = "by its name; its values are not those of DM" if known_subjects else "by its name"
    return _guess(profile, candidates[0], study_id, why)


def subject_ids(column: ColumnProfile, study_id: str) -> set[str]:
    """Return the distinct ids of a subject's column, without the study's id where it stands before most of them."""
    ids = column.ids or set()
    return {one.removeprefix(study_prefix(study_id)) for one in ids} if _naming_study(column, study_id) else ids


def _naming_study(column: ColumnProfile, study_id: str) -> int:
    """Return how many ids the study's own stands before; 0 where they are so few that it may be a part of the ids."""
    ids = column.ids or set()
    naming = sum(one.startswith(study_prefix(study_id)) for one in ids)
    return naming if naming >= _MOST * len(ids) else 0


def name_in_sql(column: str) -> str:
    """Return a column's name as a person writes it in SQL: in quotes only where it needs them."""
    plain_word = column.isascii() and column.isidentifier()
    return column if plain_word and columns_in(f"upper({column})") == {column} else quote_name(column)


def _candidates(profile: ExportProfile) -> Sequence[ColumnProfile]:
    whole = [c for c in profile.columns.values() if c.files == profile.files and c.filled and c.ids]
    left = plain_columns(c.name for c in whole)
    found = []
    while name := find_by_names([*known_names().subject, "*subj*"], left):
        found.append(profile.columns[name])
        left = {key: column for key, column in left.items() if column != name}
    return found


def _share(ids: set[str], known: set[str]) -> float:
    return len(ids & known) / len(ids) if ids else 0.0


def _guess(
    profile: ExportProfile, column: ColumnProfile, study_id: str, why: str, *, is_cut: bool = False
) -> IdentityGuess:
    sql = name_in_sql(column.name)
    if naming := _naming_study(column, study_id):
        sql = without_study_sql(sql, study_id)
        why += f", without the study's id before {naming:,} of {len(column.ids or ()):,}"
    if is_cut:
        sql = f"split_part({sql}, '-', 1)"
    expression = Expression(sql=sql) if naming or is_cut else Expression(item=column.name)
    blank = profile.rows - column.filled
    lost = f"; {blank:,} of {profile.rows:,} rows have none and would be nobody's" if blank else ""
    return IdentityGuess(expression, why + lost, column.name)
