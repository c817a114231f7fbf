"""Writes the study.yml of a made-up study: its schedule, how its files are written, its thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import yaml

from pipelines.simulate.clinical_records import CRITERIA, CRITERIA_VERSION
from pipelines.simulate.event_records import DICTIONARY
from pipelines.simulate.exports import EXTRACTED, SOURCES, Mapped, SourceLayout, mapping_of
from pipelines.simulate.layouts import ExportLayout, layout_of
from pipelines.simulate.medication_records import MEDICATION_DICTIONARY, PROHIBITED
from pipelines.simulate.style import Style
from pipelines.simulate.subject_course import CUTOFF, SCHEDULE, PlannedVisit, number_width


def write_study_config(
    study: str, style: Style, subjects: int, study_start: date | None, export_layout: ExportLayout
) -> str:
    """Return the text of study.yml; `subjects` is the number of subjects of a site, `study_start` the first consent."""
    mapping = mapping_of(style)
    parameters: dict[str, Any] = {
        "E-01": {"max_lag_days": 10},
        # A subject's number is the site's, and one within the site.
        "DM-08": {"site_pattern": rf"^(?:[^-]+-)?(\d+)\d{{{number_width(subjects)}}}$"},
        "IC-05": {"study_start_date": str(study_start or "")},
        # Whenever they are received, made-up exports are of one day.
        "X-07": {"max_age_days": 100000},
        # All sources were due on the day before the exports.
        "X-03": {"calendar": [f"*={CUTOFF - timedelta(days=1)}T08:00"]},
        "X-08": {"may_be_empty": ["DV", "AE", "CM", "MH", "SAFETY"]},
        "AE-17": {"enabled": True},
        "TRN-04": {"enabled": True},
        "AE-27": {"current_version": DICTIONARY},
        "CM-03": {"prohibited_list": list(PROHIBITED)},
        "CM-07": {"current_version": MEDICATION_DICTIONARY},
        # Sites of a made-up study see nobody on a day off, and some of them have few subjects.
        "SV-07": {"max_usual_rate": 0.05, "min_visits": 20},
        "DS-09": {"single_agent": True},
        "IE-02": {"criteria_count": [f"{CRITERIA_VERSION}={len(CRITERIA)}"]},
        "EX-05": {"allowed_levels": ["SIM-1234=100 mg", "PLACEBO=0 mg"]},
    }
    if style.min_age is not None:
        parameters["DM-02"] = {"min_age": style.min_age}
    document = {
        "study": study,
        "title": f"A made-up study in {style.indication}",
        "sponsor": style.sponsor,
        "schedule": {"cron": "0 5 * * *", "timezone": "Europe/Berlin"},
        "extract_date": CUTOFF.isoformat(),
        "visits": [_visit(visit) for visit in SCHEDULE],
        "sources": {
            name: _source(name, layout, style, mapping, layout_of(name, export_layout))
            for name, layout in SOURCES.items()
        },
        "map": mapping,
        "parameters": parameters,
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)
    return f"# Written by `siteproof simulate`: a made-up study with made-up people.\n{text}"


def _visit(visit: PlannedVisit) -> Mapped:
    window = {"before": visit.before, "after": visit.after}
    return {"name": visit.name, "num": visit.num, "day": visit.day, "window": window, "required": True}


def _source(
    name: str, layout: SourceLayout, style: Style, mapping: dict[str, list[Mapped]], its: ExportLayout
) -> Mapped:
    source: Mapped = {"path": f"{layout.system}/{its.file_of(name)}*{its.suffix}"} | its.declare(name, style)
    aliases = source.pop("aliases", None)
    if layout.is_template:
        return source | {"layout": "template"}
    if layout.subject:
        sql = f"split_part({layout.subject}, '-', 1)"
        source["subject"] = {"sql": sql} if layout.in_audit else layout.subject
    source["site"] = layout.site
    if layout.names_extraction:
        source["extract_date"] = EXTRACTED
    if style.unknown:
        source["missing"] = [style.unknown]
    dates = {column: [style.dates[layout.system]] for column in layout.dates}
    dates |= {column: [style.dates[layout.system], "YYYY-MM"] for column in layout.partial_dates}
    dates |= {column: ["ISO8601"] for column in layout.times}
    if dates:
        source["dates"] = dates
    if aliases:
        source["aliases"] = aliases
    source["columns"] = _contract(name, layout, mapping, its.own_columns(name))
    return source


def _contract(name: str, layout: SourceLayout, mapping: dict[str, list[Mapped]], own_columns: Sequence[str]) -> Mapped:
    """Everything that the mapping reads is required; the rest is optional."""
    items: set[str | None] = {layout.subject, layout.site, EXTRACTED}
    for entry in mapping[layout.dataset]:
        if entry["from"] == name:
            items.update(_items(entry), entry.get("where", "").split()[:1])
    required = [column for column in layout.columns if column in items]
    optional = [column for column in layout.columns if column not in items and not column.endswith("_nsv")]
    if any(column.endswith("_nsv") and column not in items for column in layout.columns):
        optional.append("*_nsv")
    optional += own_columns
    return {"required": required, "optional": optional}


def _items(node: Any) -> set[str]:
    if isinstance(node, str):
        return {node}
    if isinstance(node, list):
        return {item for child in node for item in _items(child)}
    if isinstance(node, dict):
        return {item for key, child in node.items() if key not in ("value", "values") for item in _items(child)}
    return set()
