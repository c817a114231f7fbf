"""Holds the simulator against a second reading of the catalogue: what it plants fires, and nothing else does.

The checks of the first release are written here once more, in plain Python over the files as study.yml maps them, so
that the answer key does not rest on the code that planted, and no fault of another check breaks one of these unsaid.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from test_simulate_files import STUDIES, Hit, Reading, Record

from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.simulate import simulate_portfolio
from pipelines.simulate.faults import FAULTS
from pipelines.validate import load_checks


def after(left: str, right: str) -> bool:
    size = min(len(left), len(right))
    return size > 0 and left[:size] > right[:size]


def days(later: str, earlier: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days


def hit(check_id: str, record: Record, subject: str | None = None) -> Hit:
    who = record["subject"] if subject is None else subject
    return record["site"], who, check_id, record["dataset"], record["file"], record["row"]


READ_TWICE = {
    "DM-01", "DM-02", "DM-04", "DM-13", "DM-14", "IC-01", "IC-02", "IC-04", "IE-01", "DS-01", "DS-02", "SV-02",
    "SV-04", "SV-08", "SV-09", "VS-01", "VS-02", "VS-03", "LB-01", "LB-03", "AE-01", "AE-06", "AE-08", "EX-01",
    "Q-01", "Q-02", "Q-03", "E-01", "DV-02", "X-01", "X-08", "X-09", "ICF-04", "ICF-06", "LOG-01",
}  # fmt: skip
DATES = {"SV": "SVSTDTC", "VS": "VSDTC", "LB": "LBDTC", "EX": "EXSTDTC", "AE": "AESTDTC"}


def demographic_checks(r: Reading) -> Iterator[Hit]:
    min_age = float(r.study.parameters.get("DM-02", {}).get("min_age", 18))
    known = {record["site_id"] for record in r.data["SITE"]}
    for records in r.by_subject("DM").values():
        yield from (hit("DM-01", later) for later in sorted(records, key=lambda x: x["DMDTC"])[1:])
    for record in r.data["DM"]:
        if not record["AGE"] or not min_age <= float(record["AGE"]) < 90:
            yield hit("DM-02", record)
        if record["ARM"] and record["ACTARM"] and record["ARM"] != record["ACTARM"]:
            yield hit("DM-04", record)
        if record["SITEID"] not in known:
            yield hit("DM-14", record)


def birth_checks(r: Reading) -> Iterator[Hit]:
    born = {record["subject"]: record["BRTHDTC"] for record in r.data["DM"]}
    for dataset, variable in DATES.items():
        yield from (hit("DM-13", x) for x in r.data[dataset] if after(born[x["subject"]], x[variable]))


def first_procedures(r: Reading) -> Record:
    first: Record = {}
    for dataset in ("SV", "VS", "LB", "EX"):
        for record in r.data[dataset]:
            when = record[DATES[dataset]]
            if when:
                first[record["subject"]] = min(first.get(record["subject"], when), when)
    return first


def consent_checks(r: Reading) -> Iterator[Hit]:
    dm, consents, first = r.by_subject("DM"), r.by_subject("CO_CONSENT"), first_procedures(r)
    for subject, procedure in first.items():
        main = [c for c in consents[subject] if c["consent_category"] == "MAIN"]
        if not any(c["subject_sign_date"] or c["representative_sign_date"] for c in main):
            yield hit("IC-01", dm[subject][0])
        elif after(main[0]["subject_sign_date"], procedure):
            yield hit("IC-02", main[0])
    active = {record["site_id"]: record["activation_date"] for record in r.data["SITE"]}
    for consent in r.data["CO_CONSENT"]:
        signed, subject = consent["subject_sign_date"], consent["subject"]
        if after(active[consent["site"]], signed):
            yield hit("IC-04", consent)
        if consent["consent_mode"] != "REMOTE" and signed != consent["consenter_sign_date"]:
            yield hit("ICF-04", consent)
        born = dm[subject][0]["BRTHDTC"]
        incapable = any(c["lacks_capacity"] == "Y" for c in consents[subject])
        main = consent["consent_category"] == "MAIN"
        if main and (incapable or signed < f"{int(born[:4]) + 18}{born[4:]}"):
            named = consent["representative_name"] and consent["representative_role"]
            on = consent["representative_sign_date"]
            # A form that was amended is signed when the study is under way.
            is_first = consent is next(c for c in consents[subject] if c["consent_category"] == "MAIN")
            if not named or not on or (is_first and after(on, first[subject])):
                yield hit("ICF-06", consent)


def eligibility_checks(r: Reading) -> Iterator[Hit]:
    randomised = r.by_subject("RAND")
    for record in r.data["IE"]:
        answer = record["IECAT"], record["IEORRES"]
        if answer in (("INCLUSION", "N"), ("EXCLUSION", "Y")):
            if record["subject"] in randomised:
                yield hit("IE-01", record)
        else:
            assert answer in (("INCLUSION", "Y"), ("EXCLUSION", "N")) or not record["IEORRES"]


def disposition_checks(r: Reading) -> Iterator[Hit]:
    doses = r.by_subject("EX")
    for subject, records in r.by_subject("DS").items():
        randomised = sorted((x for x in records if "RANDOMIZ" in x["DSDECOD"]), key=lambda x: x["DSSTDTC"])
        yield from (hit("DS-01", later) for later in randomised[1:])
        given = [d for d in doses[subject] if d["EXOCCUR"] == "Y" and (d["EXDOSE"] != "0" or "PLACEBO" in d["EXTRT"])]
        last = max((max(d["EXSTDTC"], d["EXENDTC"]) for d in given), default="")
        for record in records:
            if "DISPO" in record["DSCAT"] and record["DSSCAT"].startswith("STUDY") and after(last, record["DSSTDTC"]):
                yield hit("DS-02", record)


def death_dates(r: Reading) -> Record:
    deaths: Record = defaultdict(lambda: "9999")
    for dataset, variable in (("AE", "AEDTHDTC"), ("DM", "DTHDTC"), ("DS", "DSSTDTC")):
        for record in r.data[dataset]:
            if record[variable] and (dataset != "DS" or record["DSDECOD"] == "DEATH"):
                deaths[record["subject"]] = min(deaths[record["subject"]], record[variable])
    return deaths


def visit_checks(r: Reading) -> Iterator[Hit]:
    active = {record["site_id"]: record["activation_date"] for record in r.data["SITE"]}
    deaths = death_dates(r)
    for subject, records in r.by_subject("SV").items():
        planned = sorted((x for x in records if x["VISITNUM"]), key=lambda x: (int(x["VISITNUM"]), x["SVSTDTC"]))
        for previous, record in pairwise(planned):
            if previous["VISITNUM"] == record["VISITNUM"]:
                yield hit("SV-04", record)
            if after(previous["SVSTDTC"], record["SVSTDTC"]):
                yield hit("SV-02", record)
        for record in records:
            if after(active[record["site"]], record["SVSTDTC"]):
                yield hit("SV-08", record)
            if after(record["SVSTDTC"], deaths[subject]):
                yield hit("SV-09", record)


LIMITS = {"SYSBP": (50, 260), "DIABP": (30, 160), "PULSE": (30, 220), "TEMP": (34, 42), "WEIGHT": (30, 250),
          "HEIGHT": (120, 220)}  # fmt: skip


def measurement_checks(r: Reading) -> Iterator[Hit]:
    for records in r.by_subject("VS").values():
        rows: dict[str, dict[str, float]] = defaultdict(dict)
        weights = [float(x["VSORRES"]) for x in records if x["VSTESTCD"] == "WEIGHT"]
        for record in records:
            value, testcd = float(record["VSORRES"]), record["VSTESTCD"]
            rows[record["row"]][testcd] = value
            if not LIMITS[testcd][0] <= value <= LIMITS[testcd][1]:
                yield hit("VS-02", record)
            if testcd == "DIABP" and value > rows[record["row"]]["SYSBP"]:
                yield hit("VS-01", record)
            if testcd == "WEIGHT" and len(weights) > 1:
                others = list(weights)
                others.remove(value)
                if any(abs(value / median(others) / ratio - 1) <= 0.05 for ratio in (2.2046, 0.4536)):
                    yield hit("VS-03", record)
    groups: set[tuple[str, str]] = set()
    for record in r.data["LB"]:
        said = record["LBORRES"] not in ("", "NEGATIVE") and "QUALITATIVE" not in record["LBMETHOD"]
        if said and not record["LBSTRESU"] and record["LBTESTCD"] != "PH":
            yield hit("LB-01", record)
        group = record["site"], record["LBTEST"]
        if record["LBSTRESN"] and not (record["LBSTNRLO"] and record["LBSTNRHI"]) and group not in groups:
            groups.add(group)
            yield hit("LB-03", record, subject="")


def event_checks(r: Reading) -> Iterator[Hit]:
    criteria = ("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE", "AESCAN", "AESOD")
    for record in r.data["AE"]:
        if after(record["AESTDTC"], record["AEENDTC"]):
            yield hit("AE-01", record)
        ended = record["AEOUT"].startswith("RECOVERED")
        if record["AEOUT"] not in ("", "FATAL") and ended != bool(record["AEENDTC"]):
            yield hit("AE-06", record)
        if record["AESER"] == "Y" and all(record[name] == "N" for name in criteria):
            yield hit("AE-08", record)
    yield from (hit("EX-01", record) for record in r.data["EX"] if after(record["EXSTDTC"], record["EXENDTC"]))


def query_checks(r: Reading) -> Iterator[Hit]:
    for q in r.data["QUERY"]:
        opened, answered, closed = q["opened"], q["answered"], q["closed"]
        assert q["status"] in ("open", "answered", "closed", "cancelled")
        if q["status"] == "open" and days(q["extract_date"], opened) > 30:
            yield hit("Q-01", q)
        if answered and not closed and days(q["extract_date"], answered) > 14:
            yield hit("Q-02", q)
        if after(opened, answered) or after(opened, closed) or after(answered, closed):
            yield hit("Q-03", q)


def operation_checks(r: Reading) -> Iterator[Hit]:
    for page in r.data["PAGE"]:
        if days(page["entry_date"], page["visit_date"]) > 10:
            yield hit("E-01", page)
    for record in r.data["DV"]:
        if not record["DVSTDTC"] and (record["file"], record["row"]) not in r.unreadable:
            yield hit("DV-02", record)
    known = r.by_subject("DM")
    for dataset in ("SV", "VS", "LB", "AE", "EX", "IE", "DS", "DV", "QUERY", "PAGE"):
        yield from (hit("X-01", record) for record in r.data[dataset] if record["subject"] not in known)


def log_checks(r: Reading) -> Iterator[Hit]:
    for site in r.sites:
        log = [x for x in r.data["SCREENING_LOG"] if x["site"] == site]
        dm = [x for x in r.data["DM"] if x["site"] == site]
        randomised = {x["subject"] for x in r.data["RAND"] if x["site"] == site}
        failed = {x["subject"] for x in dm if x["ARMCD"] == "SCRNFAIL"}
        in_log = {flag: {x["subject"] for x in log if x["enrolled"] == flag} for flag in "YN"}
        if {x["subject"] for x in log} != {x["subject"] for x in dm} or (in_log["Y"], in_log["N"]) != (
            randomised,
            failed,
        ):
            yield hit("LOG-01", log[0], subject="")


CHECKS = (
    demographic_checks, birth_checks, consent_checks, eligibility_checks, disposition_checks, visit_checks,
    measurement_checks, event_checks, query_checks, operation_checks, log_checks,
)  # fmt: skip


def found(home: Home, study_id: str) -> list[Hit]:
    reading = Reading(home, study_id)
    return sorted([*reading.hits, *(found for checks in CHECKS for found in checks(reading))])


def planted(key: Path, study_id: str) -> list[Hit]:
    columns = ("site", "subject", "check_id", "dataset", "source_file", "source_row")
    with key.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["study"] == study_id]
    return sorted(tuple(row[c] for c in columns) for row in rows)  # type: ignore[misc]


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    home = Home(tmp_path_factory.mktemp("portfolio"))
    return home, simulate_portfolio(home, studies=3, sites=4, subjects=20)


@pytest.mark.parametrize("study_id", STUDIES)
def test_exactly_what_the_answer_key_says_is_wrong(portfolio: tuple[Home, Path], study_id: str) -> None:
    home, key = portfolio
    assert found(home, study_id) == [one for one in planted(key, study_id) if one[2] in READ_TWICE]


@pytest.mark.parametrize("study_id", STUDIES)
def test_every_check_is_planted_in_every_study(portfolio: tuple[Home, Path], study_id: str) -> None:
    assert {check_id for _, _, check_id, *_ in planted(portfolio[1], study_id)} == set(FAULTS)


def test_the_planters_are_those_of_the_catalogue() -> None:
    assert set(FAULTS) == {check.id for check in load_checks(EXPECTATIONS_DIR)}
    assert set(FAULTS) >= READ_TWICE


def test_a_clean_portfolio_has_nothing_wrong(home: Home) -> None:
    simulate_portfolio(home, studies=3, sites=2, subjects=20, seed=7, clean=True)
    assert {study_id: found(home, study_id) for study_id in STUDIES} == {study_id: [] for study_id in STUDIES}
