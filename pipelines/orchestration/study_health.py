"""Holds a study.yml against what lies in landing and in the warehouse: what was forgotten, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.errors import UserError
from pipelines.orchestration.delivery_health import examine_deliveries
from pipelines.orchestration.doctor import Examination
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.vocabulary import load_vocabulary

# So many names are shown; the others are counted.
_SHOWN = 3
_UNPLANNED = "unsch|unplanned"


def left_open(path: Path) -> Iterator[Examination]:
    """Tell of the marks of `siteproof init` that no one has settled; also of a file that does not load for that."""
    from pipelines.onboarding import MARKS

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return  # whoever loads it says so
    marked = {mark: [number for number, line in enumerate(lines, 1) if f"# {mark}:" in line] for mark in MARKS}
    found = [f"{len(numbers):,} {mark}, first in line {numbers[0]}" for mark, numbers in marked.items() if numbers]
    if found:
        cure = f"hold each against the CRF and the protocol, then take the mark away: {path}"
        yield Examination(f"study {path.parent.name}, guesses", False, "; ".join(found), cure)


def examine_study(home: Home, study: Study) -> Iterator[Examination]:
    """Look at what a study declares and what its sites delivered."""
    yield from _files(home, study)
    yield from examine_deliveries(home, study)
    yield from _subjects(study)
    yield from _visits(home, study)
    yield _checks_without_data(home, study)


def _files(home: Home, study: Study) -> Iterator[Examination]:
    from pipelines.ingest.announcements import arrivals_of
    from pipelines.ingest.intake import utc_now
    from pipelines.ingest.landing import landing_files, landing_sites, misplaced_files, sources_of
    from pipelines.ingest.refusal import Refusal

    fed: Counter[str] = Counter()
    unknown: list[str] = []
    ambiguous: list[str] = []
    for site in landing_sites(home, study.study):
        arrivals = arrivals_of(study, landing_files(home, study.study, site), utc_now)
        for file in (*arrivals.ready, *(file for file, _ in arrivals.waiting)):
            try:
                if file.refusal:
                    continue  # a name, a link or a manifest: the deliveries tell of it
                fed.update(sources_of(study, file))
            except Refusal as refusal:
                (ambiguous if refusal.code == "ambiguous_source" else unknown).append(f"{site}/{file.name}")
    silent = [f"{name} ({source.path})" for name, source in study.sources.items() if not fed[name]]
    if silent and (fed or unknown):
        cure = "ask the sites for it, or mend its path in study.yml"
        yield Examination(f"study {study.study}, sources", False, f"no site has a file of {_some(silent)}", cure)
    if unknown:
        cure = "give study.yml a source with their path, or take them out of landing"
        yield Examination(f"study {study.study}, files", False, f"no source takes {_some(unknown)}", cure)
    if ambiguous:
        cure = "narrow the paths in study.yml until one source takes each file"
        yield Examination(f"study {study.study}, paths", False, f"several sources take {_some(ambiguous)}", cure)
    misplaced = misplaced_files(home, study.study)
    if misplaced:
        cure = f"move them to {home.landing / study.study}/<SITE>/<system>/<file>"
        seen = f"never read, since they lie at another depth: {_some(misplaced)}"
        yield Examination(f"study {study.study}, folders", False, seen, cure)


def _subjects(study: Study) -> Iterator[Examination]:
    vocabulary = load_vocabulary()
    fed: dict[str, list[str]] = {}
    for dataset, mappings in study.map.items():
        for mapping in mappings:
            if vocabulary[dataset].level != "site" and study.sources[mapping.source].subject is None:
                fed.setdefault(mapping.source, []).append(dataset)
    for source, datasets in fed.items():
        lost = [dataset for dataset in datasets if vocabulary[dataset].level == "subject"]
        seen = f"source {source} names no subject, so "
        if lost:
            seen += f"no record of {', '.join(lost)} from it is anyone's"
            cure = f"give sources.{source} in study.yml the column with the subject's id, as subject: SUBJID"
        else:
            seen += f"its records of {', '.join(datasets)} are the site's"
            cure = ""
        yield Examination(f"study {study.study}, subjects", not lost, seen, cure)


def _visits(home: Home, study: Study) -> Iterator[Examination]:
    path = home.warehouse_file(study.study)
    if not (study.visits and path.is_file()):
        return
    import duckdb

    planned = [visit.name for visit in study.visits]
    datasets = [dataset.table for dataset in load_vocabulary().values() if "VISIT" in dataset.variables]
    named = " UNION ".join(f"SELECT VISIT FROM raw.{table}" for table in datasets)
    known = "regexp_matches(VISIT, ?, 'i') OR list_contains(?, VISIT)"
    subject = f"study {study.study}, visits"
    try:
        with duckdb.connect(path, read_only=True) as connection:
            query = f"SELECT VISIT FROM ({named}) WHERE NOT ({known}) ORDER BY 1"
            unknown = [name for (name,) in connection.execute(query, [_UNPLANNED, planned]).fetchall()]
    except duckdb.Error:
        cure = "ask again when no run is at work; a run makes the warehouse anew"
        yield Examination(subject, True, f"not looked at: {path.name} is in use or of an older version", cure)
        return
    if unknown:
        cure = "add them to visits in study.yml, or map them to its names (values)"
        yield Examination(subject, True, f"not on the schedule as of the last run: {_some(unknown)}", cure)


def _checks_without_data(home: Home, study: Study) -> Examination:
    from pipelines.standardize.mapping import listed_variables, mapped_expressions
    from pipelines.validate.configuration import read_catalogue
    from pipelines.validate.needs import ALWAYS_THERE
    from pipelines.validate.verdicts import Delivered, unmet_need

    vocabulary = load_vocabulary()
    subject = f"study {study.study}, checks"
    mapped = {("SITE", name) for name in (*listed_variables(study), "")} if study.sites else set()
    for name, mappings in study.map.items():
        variables = {variable for mapping in mappings for variable, _ in mapped_expressions(mapping, vocabulary[name])}
        mapped |= {(name, variable) for variable in (*variables, "")}
    facts = {
        (study.study, dataset.name, variable): Delivered((dataset.name, variable) in mapped, "")
        for dataset in vocabulary.values()
        for variable in (*dataset.variables, "")
    }
    try:
        suites, parameters = read_catalogue(home, study)
    except UserError:
        return Examination(subject, True, "not looked at: the catalogue does not load")
    # A parameter that study.yml states may meet a need.
    checks = [replace(check, parameters=parameters[check.id]) for suite in suites for check in suite.checks]
    lacking = [check for check in checks if unmet_need(check, study.study, [study.study], facts) is not None]
    if not lacking:
        return Examination(subject, True, f"the mapping has what all {len(checks)} checks need")
    absent = sorted(set(vocabulary) - {name for name, _ in mapped} - ALWAYS_THERE)
    seen = (
        f"{len(lacking)} of {len(checks)} checks are not run at any site, since study.yml does not map what they need"
    )
    seen += f"; not mapped at all: {', '.join(absent)}" if absent else ""
    return Examination(
        subject, True, seen, "map what the sites deliver; siteproof verdicts names what each check lacks"
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
