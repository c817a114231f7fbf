"""Writes the study.yml of a made-up study: what the files of layout.py mean in SDTM terms."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml

from pipelines.simulate.clinical_records import CRITERIA, CRITERIA_VERSION
from pipelines.simulate.event_records import DICTIONARY
from pipelines.simulate.layout import EXTRACTED, SERIOUSNESS, SOURCES, SourceLayout, Style
from pipelines.simulate.subject_course import CUTOFF, SCHEDULE, PlannedVisit, number_width

Mapped = dict[str, Any]

_VITAL_SIGNS = (
    ("SYSBP", "Systolic Blood Pressure", "sysbp", "mmHg"),
    ("DIABP", "Diastolic Blood Pressure", "diabp", "mmHg"),
    ("PULSE", "Pulse Rate", "pulse", "beats/min"),
    ("TEMP", "Temperature", "temp", "C"),
    ("WEIGHT", "Weight", "weight", "kg"),
    ("HEIGHT", "Height", "height", "cm"),
)

_VISIT = {"VISITNUM": "folderseq_nsv", "VISIT": "instancename"}
# A form that was not done is one record that stands for all of its tests.
_VITAL_SIGNS_NOT_DONE: Mapped = {
    "VSSPID": "recordid", "VSTESTCD": {"value": "VSALL"}, "VSTEST": {"value": "Vital Signs"},
    "VSSTAT": {"value": "NOT DONE"}, "VSREASND": "vsreasnd", **_VISIT, "VSDTC": "vs_dt",
}  # fmt: skip
_SURVIVAL_CONTACT: Mapped = {
    "SVSPID": "recordid", "VISIT": "instancename", "SSTESTCD": {"value": "SURVSTAT"}, "SSORRES": "ssorres",
    "SSSTRESC": "ssorres", "SSSTAT": "ssstat", "SSDTC": "ss_dt",
}  # fmt: skip


def write_study_config(study: str, style: Style, subjects: int, study_start: date | None) -> str:
    """Return the text of study.yml; `subjects` is the number of subjects of a site, `study_start` the first consent."""
    mapping = _datasets(style)
    parameters: dict[str, Any] = {
        "E-01": {"max_lag_days": 10},
        # A subject's number is the site's, and one within the site.
        "DM-08": {"site_pattern": rf"^(?:[^-]+-)?(\d+)\d{{{number_width(subjects)}}}$"},
        "IC-05": {"study_start_date": str(study_start or "")},
        # Whenever they are received, made-up exports are of one day.
        "X-07": {"max_age_days": 100000},
        "AE-17": {"enabled": True},
        "AE-27": {"current_version": DICTIONARY},
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
        "sources": {name: _source(name, layout, style, mapping) for name, layout in SOURCES.items()},
        "map": mapping,
        "parameters": parameters,
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)
    return f"# Written by `siteproof simulate`: a made-up study with made-up people.\n{text}"


def _visit(visit: PlannedVisit) -> Mapped:
    window = {"before": visit.before, "after": visit.after}
    return {"name": visit.name, "num": visit.num, "day": visit.day, "window": window, "required": True}


def _source(name: str, layout: SourceLayout, style: Style, mapping: dict[str, list[Mapped]]) -> Mapped:
    source: Mapped = {"path": f"{layout.system}/{name}*.csv", "encoding": style.encodings.get(layout.system, "utf-8")}
    source["delimiter"] = style.delimiter
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
    if name in style.headers:
        source["aliases"] = {header: column for column, header in style.headers[name].items()}
    source["columns"] = _contract(name, layout, mapping)
    return source


def _contract(name: str, layout: SourceLayout, mapping: dict[str, list[Mapped]]) -> Mapped:
    """Everything that the mapping reads is required; the rest is optional."""
    items: set[str | None] = {layout.subject, layout.site, EXTRACTED}
    for entry in mapping[layout.dataset]:
        if entry["from"] == name:
            items.update(_items(entry), entry.get("where", "").split()[:1])
    required = [column for column in layout.columns if column in items]
    optional = [column for column in layout.columns if column not in items and not column.endswith("_nsv")]
    if any(column.endswith("_nsv") and column not in items for column in layout.columns):
        optional.append("*_nsv")
    return {"required": required, "optional": optional}


def _items(node: Any) -> set[str]:
    if isinstance(node, str):
        return {node}
    if isinstance(node, list):
        return {item for child in node for item in _items(child)}
    if isinstance(node, dict):
        return {item for key, child in node.items() if key not in ("value", "values") for item in _items(child)}
    return set()


def _datasets(style: Style) -> dict[str, list[Mapped]]:
    variables: dict[str, tuple[str, Mapped]] = {**_clinical(style), **_operational(style)}
    datasets: dict[str, list[Mapped]] = {
        name: [{"from": source, "variables": mapped}] for name, (source, mapped) in variables.items()
    }
    datasets["VS"][0]["measurements"] = [
        {"testcd": testcd, "test": test, "result": column, "unit": {"value": unit}}
        for testcd, test, column, unit in _VITAL_SIGNS
    ]
    datasets["VS"].append({"from": "VS", "where": f"vsperf = '{style.no}'", "variables": _VITAL_SIGNS_NOT_DONE})
    datasets["SV"].append({"from": "SURVIVAL", "variables": _SURVIVAL_CONTACT})
    return datasets


def _flag(item: str, style: Style) -> str | Mapped:
    return item if style.yes == "Y" else {"item": item, "values": {style.yes: "Y", style.no: "N"}}


def _clinical(style: Style) -> dict[str, tuple[str, Mapped]]:
    return {
        "DM": ("DM", {
            "SITEID": "siteid", "BRTHDTC": "brthdat", "AGE": "age", "AGEU": {"value": "YEARS"}, "SEX": "sex",
            "RACE": "race", "ETHNIC": "ethnic", "COUNTRY": "country", "ARM": "arm", "ARMCD": "armcd",
            "ACTARM": "actarm", "ACTARMCD": "actarmcd", "ARMNRS": "armnrs", "DTHFL": _flag("dthfl", style),
            "DTHDTC": "dthdt", "RFSTDTC": "firstdosedate", "RFPENDTC": "lastparticipantdate", "RFICDTC": "rficdat",
            "DMDTC": "record_dt",
        }),
        "DS": ("DS", {
            "DSSPID": "recordid", "DSCAT": "dscat", "DSSCAT": "dsscat", "DSTERM": "dsterm", "DSDECOD": "dsdecod",
            "VISIT": "instancename", "DSSTDTC": "dsst_dt", "DSDTC": "record_dt",
        }),
        "SV": ("VISDT", {"SVSPID": "recordid", **_VISIT, "SVSTDTC": "visit_dt", "SVUPDES": "svupdes"}),
        "AE": ("AE", {
            "AESPID": "recordid", "AETERM": "aeterm", "AEDECOD": "mdrpt_nsv", "AEBODSYS": "mdrsoc_nsv",
            "AESTDTC": {"year": "aestdat_yy_nsv", "month": "aestdat_mm_nsv", "day": "aestdat_dd_nsv"},
            "AEENDTC": {"year": "aeendat_yy_nsv", "month": "aeendat_mm_nsv", "day": "aeendat_dd_nsv"},
            "AEENRTPT": {"item": "aeongo", "values": {"X": "ONGOING"}},
            "AEENRF": "aeenrf", "AESEV": "aesev", "AETOXGR": "aetoxgr", "AESER": _flag("aeser", style),
            "AEREL": "aerel", "AEREL1": "aerel1", "AEREL2": "aerel2", "AEACN": "aeacn", "AEACN1": "aeacn1",
            "AEACN2": "aeacn2", "AEACNOTH": "aeacnoth", "AEACNOT1": "aeacnot1", "AEACNOT2": "aeacnot2",
            "AETRTEM": _flag("aetrtem", style), "AELAT": "aelat", "AEOUT": "aeout", "AEDICTVER": "meddraver_nsv",
            **{column.upper(): _flag(column, style) for column in SERIOUSNESS}, "AEDTHDTC": "aedthdt",
        }),
        "EX": ("EX", {
            "EXSPID": "recordid", "EXTRT": "extrt", "EXDOSE": "exdose", "EXDOSU": "exdosu", "EXDOSFRM": "exdosfrm",
            "EXDOSFRQ": "exdosfrq", "EXROUTE": "exroute", "EXOCCUR": _flag("experf", style), **_VISIT,
            "EXSTDTC": "exst_dt", "EXENDTC": "exen_dt",
        }),
        "VS": ("VS", {"VSSPID": "recordid", "VSPOS": "vspos", **_VISIT, "VSDTC": "vs_dt"}),
        "LB": ("LB", {
            "LBTESTCD": "lbtstcd", "LBTEST": "lbtstnam", "LBCAT": "battrnam", "LBMETHOD": "lbmeth",
            "LBSPEC": "lbspec", "LBTPT": "lbtpt", "LBORRES": "orres", "LBORRESU": "orresu", "LBSTRESC": "siresc",
            "LBSTRESN": "siresn", "LBSTRESU": "siresu", "LBSTNRLO": "sinrlo", "LBSTNRHI": "sinrhi",
            "LBSTAT": "lbstat", "LBREASND": "lbreasnd", "LBCLSIG": _flag("lbclsig", style), "LBNRIND": "lbnrind_nsv",
            "VISITNUM": "visnum", "VISIT": "visnam", "LBDTC": "lb_dt",
        }),
        "IE": ("IE", {
            "IETESTCD": "ietestcd", "IETEST": "ietest",
            "IECAT": {"item": "iecat", "values": {"INCL": "INCLUSION", "EXCL": "EXCLUSION"}},
            "IEORRES": _flag("ieorres", style), "IEDTC": "ie_dt", "TIVERS": "tiver",
        }),
        "CO_CONSENT": ("CONSENT", {
            "consent_category": {"item": "conscat", "values": {"MAINCONSENT": "MAIN", "GENETICS": "GENETICS"}},
            "icf_version": "icfver", "subject_sign_date": "consdt", "consenter_name": "consenter",
            "consenter_sign_date": "consenterdt", "representative_name": "lar_name", "representative_role": "lar_role",
            "representative_sign_date": "lar_dt", "consent_mode": "consmode",
            "lacks_capacity": _flag("lackscap", style), "copy_given": _flag("copygiven", style),
            "cannot_read": _flag("cannotread", style), "witness_name": "witness", "witness_sign_date": "witnessdt",
        }),
    }  # fmt: skip


def _operational(style: Style) -> dict[str, tuple[str, Mapped]]:
    where = {"form": "formoid", "field": "fieldoid", "visit": "visit", "log_line": "log_number"}
    statuses = {"Open": "open", "Answered": "answered", "Closed": "closed", "Cancelled": "cancelled"}
    return {
        "DV": ("DEVIATIONS", {
            "DVSPID": "deviationid", "DVTERM": "deviation", "DVCAT": "companycategory",
            "DVSCAT": {"item": "deemedimportant", "values": {style.yes: "IMPORTANT", style.no: "NOT IMPORTANT"}},
            "DVSTDTC": "deviationdate", "VISIT": "visit",
        }),
        "QUERY": ("QUERIES", {
            "query_id": "datapointid", **where, "status": {"item": "querystatus", "values": statuses},
            "marking_group": "markinggroup", "opened": "created", "answered": "answered", "closed": "resolved",
            "extract_date": EXTRACTED, "query_type": "querytype", "answer": "answertext",
        }),
        "PAGE": ("DATA_PAGES", {
            "page_id": "datapageid", "form": "formoid", "visit": "visit", "visit_date": "visit_date",
            "entry_date": "min_entereddate",
        }),
        "AUDIT": ("DATA_POINTS", {
            "item_id": "datapointid", **where, "visit_date": "visit_date", "change_count": "n_changes",
            "is_required": "isrequired",
        }),
        "SITE": ("SITE", {
            "site_id": "site_num", "name": "account", "investigator": "pi_number", "status": "site_status",
            "country": "country", "activation_date": "site_active_dt",
            "closure_date": "site_closed_dt",
        }),
        "RAND": ("IXRSRAND", {
            "randomization_number": "randnum", "randomization_date": "rand_dt", "status": "status",
            "treatment_code": "trtgrpc", "stratum_1": "stratum1", "stratum_2": "stratum2",
        }),
        "SCREENING_LOG": ("ENROLL", {
            "screening_date": "enroll_dt", "enrolled": _flag("enrollyn", style), "failure_reason": "sfreas",
            "as_of_date": "asof_dt",
        }),
    }  # fmt: skip
