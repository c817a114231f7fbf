"""Generated from each check's needs: what was not delivered is never a pass, and the reason names it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from check_rows import CHECKS

from pipelines.validate import Check
from pipelines.validate.needs import alternatives_of, parameter_of
from pipelines.validate.verdicts import STUDY_WIDE_DATASETS, Delivered, Numbers, decide, unmet_need

SITES = ["101", "102"]
each_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)

Facts = dict[tuple[str, str, str], Delivered]


def key_of(site: str, need: str) -> tuple[str, str, str]:
    dataset, _, variable = need.partition(".")
    return site, dataset, variable


def everything_delivered(check: Check) -> Facts:
    needs = [need for clause in check.needs for need in alternatives_of(clause)]
    return {key_of(site, need): Delivered(True, "") for site in SITES for need in needs}


def without(facts: Facts, *needs: str, sites: list[str]) -> Facts:
    absent = {key_of(site, need): Delivered(False, f"{need} was not delivered") for site in sites for need in needs}
    return {**facts, **absent}


def clauses_of(check: Check) -> list[str]:
    return [clause for clause in check.needs if clause != "DELIVERY"]


def is_study_wide(need: str) -> bool:
    return need.partition(".")[0] in STUDY_WIDE_DATASETS


def as_configured(check: Check, *, but_for: str = "") -> Check:
    """The check at a study that states each parameter without which it does not run, or all but that of one clause."""
    clauses = [clause for clause in check.needs if clause != but_for]
    stated = {parameter: "stated" for clause in clauses if (parameter := parameter_of(clause))}
    return replace(check, parameters={**check.parameters, **stated})


@each_check
def test_it_runs_when_all_was_delivered(check: Check) -> None:
    assert unmet_need(as_configured(check), "101", SITES, everything_delivered(check)) is None


@each_check
def test_it_does_not_run_without_a_clause(check: Check) -> None:
    for clause in clauses_of(check):
        needs = alternatives_of(clause)
        sites = SITES if is_study_wide(clause) else ["101"]
        facts = without(everything_delivered(check), *needs, sites=sites)
        reason = unmet_need(as_configured(check, but_for=clause), "101", SITES, facts)
        assert reason is not None, clause
        assert all((parameter_of(need) or need) in reason for need in needs)
        verdict = decide(check, "101", error=None, unmet=reason, numbers=Numbers(5, 0))
        assert (verdict.status, verdict.evaluated, verdict.failed, verdict.reason) == ("not_run", 0, 0, reason)


@each_check
def test_each_alternative_of_a_clause_is_enough(check: Check) -> None:
    for clause in clauses_of(check):
        needs = alternatives_of(clause)
        for kept in needs:
            others = [need for need in needs if need != kept and need not in check.needs]
            facts = without(everything_delivered(check), *others, sites=SITES)
            parameter = parameter_of(kept)
            stated = {parameter: "stated"} if parameter else {}
            configured = as_configured(check, but_for=clause)
            as_set = replace(configured, parameters={**configured.parameters, **stated})
            assert unmet_need(as_set, "101", SITES, facts) is None, (clause, kept)


@each_check
def test_another_site_s_delivery_does_not_count_unless_it_is_the_study_s(check: Check) -> None:
    for clause in clauses_of(check):
        if parameter_of(clause):  # is of the study anyway
            continue
        facts = without(everything_delivered(check), *alternatives_of(clause), sites=["101"])
        runs = unmet_need(as_configured(check), "101", SITES, facts) is None
        assert runs == is_study_wide(clause), clause
        assert unmet_need(as_configured(check), "102", SITES, facts) is None, clause


@pytest.mark.parametrize(
    ("check_id", "absent"),
    [
        ("AE-22", ["AE.AEDTHDTC", "DS.DSDECOD"]),
        ("AE-02", ["AE.AEDTHDTC", "DS.DSDECOD", "DS.DSTERM"]),
        ("EX-06", ["AE.AEDTHDTC", "DS.DSDECOD", "DS.DSTERM"]),
        ("LB-06", ["AE.AEDTHDTC", "DS.DSDECOD", "DS.DSTERM"]),
        ("VS-07", ["AE.AEDTHDTC", "DS.DSDECOD", "DS.DSTERM"]),
        ("SV-09", ["DM.DTHDTC", "AE.AEDTHDTC", "DS.DSDECOD", "DS.DSTERM"]),
        ("IC-06", ["DM.RFICDTC", "DS.DSDECOD"]),
        ("IC-06", ["CO_CONSENT.subject_sign_date", "CO_CONSENT.representative_sign_date", "DS.DSDECOD"]),
        ("SV-10", ["VS.VSDTC", "LB.VISIT", "EG.EGDTC"]),
        ("SV-10", ["LB.LBDTC", "VS.VISIT", "EG.VISIT"]),
        ("X-04", ["VS.VSSTAT", "LB.LBORRES", "LB.LBSTRESC", "EG.EGSTAT"]),
        ("X-04", ["LB.LBSTAT", "VS.VSORRES", "EG.EGORRES"]),
        ("X-05", ["VS.VSSTAT", "LB.LBREASND", "EG.EGSTAT"]),
        ("X-05", ["LB.LBSTAT", "VS.VSREASND", "EG.EGREASND"]),
        ("E-04", ["AUDIT.item_id", "AUDIT.field"]),
        ("E-05", ["AUDIT.form"]),
        ("E-05", ["DATA_DICTIONARY.field"]),
        ("E-06", ["DATA_DICTIONARY.field_type"]),
        ("E-07", ["DATA_DICTIONARY.field_type"]),
        ("LB-08", ["MH.MHSTDTC"]),
        ("SIG-01", ["DS.DSCAT", "PAGE.lock_date"]),
        ("SIG-01", ["DS.DSSCAT", "PAGE.lock_date"]),
        ("SIG-01", ["DS.DSSTDTC", "PAGE.lock_date"]),
        ("DV-05", ["EX.EXTRT", "RAND.randomization_date"]),
        ("DV-05", ["EX.EXSTDTC", "EX.EXDOSE"]),
        ("IRB-06", ["IRB.submission_type"]),
        ("ESD-03", ["ISF_INDEX.version"]),
        ("ESD-03", ["ISF_INDEX.person"]),
        ("TRN-02", ["IRB.protocol_version"]),
        ("TRN-02", ["IRB.approval_date"]),
    ],
)
def test_a_value_is_not_enough_without_what_says_of_what_it_is(check_id: str, absent: list[str]) -> None:
    check = CHECKS[check_id]
    facts = without(everything_delivered(check), *absent, sites=SITES)
    assert unmet_need(as_configured(check), "101", SITES, facts) is not None


def test_nothing_is_prohibited_where_the_study_lists_no_medication() -> None:
    check = CHECKS["CM-03"]
    assert "prohibited_list" in (unmet_need(check, "101", SITES, everything_delivered(check)) or "")


def test_deliveries_are_known_of_every_study() -> None:
    for check_id in ("X-08", "X-09"):
        assert unmet_need(CHECKS[check_id], "101", SITES, {}) is None


def test_what_nobody_wrote_down_was_not_delivered() -> None:
    assert unmet_need(CHECKS["AE-01"], "101", SITES, {}) == "AE.AESTDTC is not known"
