"""Puts the guesses on all exports of a study together into the proposal of a study.yml; nothing is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipelines.onboarding.column_profiles import ExportProfile, profile_export
from pipelines.onboarding.date_fits import guess_formats
from pipelines.onboarding.dialects import UNICODE, Dialect, find_dialect
from pipelines.onboarding.exports import Export, list_exports, tell_apart
from pipelines.onboarding.format_signs import TEXT_FORMATS
from pipelines.onboarding.identities import (
    IdentityGuess,
    guess_site,
    guess_subject,
    name_in_sql,
    site_columns,
    subject_ids,
)
from pipelines.onboarding.known_names import find_by_names, known_names, plain
from pipelines.onboarding.mapping_guesses import Guess, MappingGuess, guess_mapping
from pipelines.onboarding.redcap_dictionaries import take_dictionaries
from pipelines.onboarding.variable_matches import guess_dataset
from pipelines.onboarding.visit_names import VisitGuess, guess_visits, spell_visits_alike
from pipelines.settings import Home
from pipelines.study_layouts import datasets_of
from pipelines.study_source import POINT_FORMATS, Expression
from pipelines.study_values import DateFormat
from pipelines.vocabulary import load_vocabulary

# So many columns with one ending are one pattern of the agreed layout.
_MANY_COLUMNS = 5
# A file is SDTM where so many of the variables that it fills stand in columns of their own names.
_MOST = 0.8


@dataclass
class SourceGuess:
    """One source; the reasons stand beside what they speak for."""

    profile: ExportProfile
    subject: IdentityGuess | None = None
    site: IdentityGuess | None = None
    extract_date: Guess[str] | None = None
    missing: Guess[list[str]] | None = None
    decimal: Guess[str] | None = None
    dates: dict[str, Guess[list[DateFormat]]] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    is_sdtm: bool = False
    is_of_sites: bool = False

    @property
    def name(self) -> str:
        """The source's name in study.yml."""
        return self.profile.export.name

    @property
    def is_subject_open(self) -> bool:
        """Whether a human has to say whose its rows are: no column was found, and they are neither sites nor SDTM."""
        nobody = self.is_of_sites or self.is_sdtm or not self.profile.is_about_subjects
        return self.subject is None and not nobody


@dataclass
class StudyProposal:
    """A whole study.yml as guessed.

    `sites` only where no export lists them. `foreign` says of kinds of files why they are not read. `aside` are tables
    about the data, such as the definitions of items, that feed no dataset; `unread` those that no source can take.
    """

    study: str
    sites: list[str]
    delivering: int
    visits: list[VisitGuess]
    sources: list[SourceGuess]
    mappings: list[MappingGuess]
    foreign: list[str]
    aside: list[Export]
    unread: list[ExportProfile] = field(default_factory=list)


def propose_study(home: Home, study_id: str, on_export: Callable[[Export], None] | None = None) -> StudyProposal:
    """Read every export of a study in landing, whole and strictly, and propose its study.yml.

    Memory is bounded by the largest file and by the distinct ids of subjects.

    Raises:
        UserError: landing holds nothing of this study.
    """
    exports, foreign = list_exports(home, study_id)
    exports = take_dictionaries(home, study_id, exports)
    profiles: list[ExportProfile] = []
    for export in exports:
        if on_export:
            on_export(export)
        profiles += profile_export(export, _dialect(export))
    unread = [profile for profile in profiles if profile.export.table is not None and not profile.files]
    profiles = [profile for profile in profiles if profile not in unread]
    tell_apart([profile.export for profile in profiles])
    found = {profile.export.name: guess_dataset(profile) for profile in profiles if profile.files}
    subjects = _known_subjects(study_id, profiles, found)
    naming_sites = Counter(plain(name) for profile in profiles for name in site_columns(profile))
    sources, mappings, aside = [], [], []
    for profile in profiles:
        if profile.is_all_keys and found.get(profile.export.name) is None:
            aside.append(profile.export)
            continue
        source, mapping = _guess_source(study_id, profile, found.get(profile.export.name), subjects, naming_sites)
        sources.append(source)
        mappings += [mapping] if mapping is not None else []
    mappings += _consent_in_demographics(mappings)
    order = list(load_vocabulary())
    mappings.sort(key=lambda mapping: order.index(mapping.dataset))
    delivering = sorted({site for export in exports for site in export.sites})
    sites = [] if any(mapping.dataset == "SITE" for mapping in mappings) else delivering
    visits = guess_visits(profiles, mappings)
    spell_visits_alike(profiles, mappings, visits)
    return StudyProposal(study_id, sites, len(delivering), visits, sources, mappings, foreign, aside, unread)


def _dialect(export: Export) -> Dialect:
    return find_dialect(export.files) if export.format in TEXT_FORMATS else UNICODE


def _known_subjects(
    study_id: str, profiles: Sequence[ExportProfile], found: dict[str, tuple[str, str] | None]
) -> set[str]:
    """Return the ids by which the study's demographics name its subjects."""
    for profile in profiles:
        dataset = found.get(profile.export.name)
        if dataset is not None and dataset[0] == "DM":
            guess = guess_subject(profile, study_id, set())
            return subject_ids(profile.columns[guess.column], study_id) if guess else set()
    return set()


def _guess_source(
    study_id: str,
    profile: ExportProfile,
    dataset: tuple[str, str] | None,
    subjects: set[str],
    naming_sites: Counter[str],
) -> tuple[SourceGuess, MappingGuess | None]:
    source = SourceGuess(profile, site=guess_site(profile, naming_sites), missing=_missing(profile))
    source.decimal = _decimal(profile)
    source.is_of_sites = dataset is not None and load_vocabulary()[dataset[0]].level == "site"
    if not source.is_of_sites:
        is_demographics = dataset is not None and dataset[0] == "DM"
        source.subject = guess_subject(profile, study_id, set() if is_demographics else subjects)
    if dataset is None:
        source.required, source.optional = _layout(source, None)
        return source, None
    name, why = dataset
    mapping = guess_mapping(load_vocabulary()[name], why, profile, source.site, source.subject)
    source.is_sdtm = _is_sdtm(mapping, source)
    if source.is_sdtm:
        # The layout reads USUBJID by itself.
        is_usubjid = source.subject is not None and source.subject.column.casefold() == "usubjid"
        source.subject = None if is_usubjid else source.subject
        return source, None
    source.extract_date = _extract_date(profile)
    source.dates = _dates(mapping, source)
    source.required, source.optional = _layout(source, mapping)
    return source, mapping


def _is_sdtm(mapping: MappingGuess, source: SourceGuess) -> bool:
    """Return whether a form needs no mapping, since its columns have the names of SDTM."""
    columns = {column.lower() for column in source.profile.columns}
    if mapping.dataset not in datasets_of("sdtm") or "usubjid" not in columns:
        return False
    named = [name for name in mapping.variables if name.lower() in columns]
    of_its_name = source.name.casefold() == mapping.dataset.casefold()
    return of_its_name and len(named) >= _MOST * len(mapping.variables)


def _extract_date(profile: ExportProfile) -> Guess[str] | None:
    """Return the column with the day on which the file was extracted, a date in every row."""
    column = find_by_names(known_names().extract_date, profile.by_plain_name)
    if column is None or not profile.columns[column].dates.possible_dates == profile.rows > 0:
        return None
    return Guess(column, "by its name, a date in every row")


def _dates(mapping: MappingGuess, source: SourceGuess) -> dict[str, Guess[list[DateFormat]]]:
    profile = source.profile
    variables = load_vocabulary()[mapping.dataset].variables
    dates: dict[str, Guess[list[DateFormat]]] = {}
    items = [guess.value.item for name, guess in mapping.variables.items() if variables[name].type == "date"]
    items += [source.extract_date.value] if source.extract_date is not None else []
    for column in items:
        formats = guess_formats(profile.columns[column].dates, profile.columns[column].filled) if column else None
        if column and formats is not None:
            dates[column] = Guess(formats.formats, formats.why, is_open=not formats.formats)
    order = list(profile.columns)
    return dict(sorted(dates.items(), key=lambda one: order.index(one[0])))


def _missing(profile: ExportProfile) -> Guess[list[str]] | None:
    counts = {
        code: sum(column.unrecorded[code] for column in profile.columns.values()) for code in known_names().unrecorded
    }
    codes = [code for code, count in counts.items() if count]
    if not codes:
        return None
    return Guess(codes, ", ".join(f"{code} stands in {counts[code]:,} cells" for code in codes))


def _decimal(profile: ExportProfile) -> Guess[str] | None:
    """Return the comma as decimal mark where numbers have one and none has a point; `1,2` may also be two codes.

    Formats that write numbers with a point have no other mark to declare.
    """
    if profile.export.format in POINT_FORMATS:
        return None
    columns = [column for column in profile.columns.values() if column.with_comma * 2 > column.filled]
    commas = sum(column.with_comma for column in columns)
    points = sum(column.with_point for column in profile.columns.values())
    return Guess(",", f"{commas:,} numbers have a comma and none a point") if commas and not points else None


def _layout(source: SourceGuess, mapping: MappingGuess | None) -> tuple[list[str], list[str]]:
    """Return the columns to require (whose row it is, what it is about) and the others, endings of many as patterns."""
    profile = source.profile
    required = [identity.column for identity in (source.subject, source.site) if identity is not None]
    if mapping is not None:
        topics = known_names().topics.get(mapping.dataset, [])
        items = [mapping.variables[topic].value.item for topic in topics if topic in mapping.variables]
        required += [item for item in items if item and profile.columns[item].files == profile.files][:1]
    required = list(dict.fromkeys(required))
    rest = [column for column in profile.columns if column not in required]
    endings: dict[str, list[str]] = {}
    for column in rest:
        if "_" in column.strip("_"):
            endings.setdefault(column[column.rindex("_") :], []).append(column)
    patterns = {end: own for end, own in endings.items() if len(own) >= _MANY_COLUMNS and plain(own[0]) != plain(end)}
    patterns = {end: own for end, own in patterns.items() if end.lower() == "_nsv" or len(own) * 3 >= len(rest)}
    covered = {column for own in patterns.values() for column in own}
    return required, [column for column in rest if column not in covered] + [f"*{end}" for end in patterns]


def _consent_in_demographics(mappings: Sequence[MappingGuess]) -> list[MappingGuess]:
    """Map consent from the date in demographics where no form of its own came."""
    if any(mapping.dataset == "CO_CONSENT" for mapping in mappings):
        return []
    for mapping in mappings:
        date = mapping.variables.get("RFICDTC") if mapping.dataset == "DM" else None
        if date is not None and date.value.item is not None:
            consent = MappingGuess("CO_CONSENT", mapping.source, "no consent form came; demographics have its date")
            consent.where = f"{name_in_sql(date.value.item)} <> ''"
            consent.variables = {
                "consent_category": Guess(Expression(value="MAIN"), "there is one date only"),
                "subject_sign_date": date,
            }
            return [consent]
    return []
