"""From counts to verdicts: the six statuses, for every check and every site. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pipelines.validate.needs import ALWAYS_THERE, alternatives_of, parameter_of
from pipelines.validate.suites import Check

Status = Literal["pass", "fail", "waived", "not_applicable", "not_run", "error"]

# Datasets that a site does not deliver for itself: they are judged over the whole study.
STUDY_WIDE_DATASETS = frozenset({"SITE", "DATA_DICTIONARY"})


class Delivered(NamedTuple):
    """Whether a site delivered a dataset or variable, and if not, why."""

    delivered: bool
    reason: str


# (site, dataset, variable; blank for the dataset itself) -> what was delivered
DeliveredFacts = Mapping[tuple[str, str, str], Delivered]


@dataclass(frozen=True)
class Verdict:
    """What one check says of one site."""

    site: str
    check_id: str
    status: Status
    evaluated: int
    failed: int
    waived: int
    reason: str


class Numbers(NamedTuple):
    """Rows of a site in a check's population, and those that fail."""

    evaluated: int
    failed: int


def unmet_need(check: Check, site: str, sites: Sequence[str], facts: DeliveredFacts) -> str | None:
    """Return why a check cannot be run at a site, or None when all it needs was delivered."""
    for clause in check.needs:
        reasons = []
        for need in alternatives_of(clause):
            parameter = parameter_of(need)
            if parameter is not None:
                if check.parameters[parameter] not in ("", []):
                    break
                reasons.append(f"{parameter} of {check.id} is not set in study.yml")
                continue
            dataset, _, variable = need.partition(".")
            if dataset in ALWAYS_THERE:
                break
            places = sites if dataset in STUDY_WIDE_DATASETS else [site]
            found = [
                facts.get((place, dataset, variable), Delivered(False, f"{need} is not known")) for place in places
            ]
            if any(fact.delivered for fact in found):
                break
            reasons.append(found[0].reason if found else f"{dataset} was not delivered")
        else:
            return "; ".join(dict.fromkeys(reasons))
    return None


def decide(
    check: Check,
    site: str,
    *,
    error: str | None,
    unmet: str | None,
    numbers: Numbers,
) -> Verdict:
    """Return the verdict of one check at one site.

    An error comes before all else; then what was not delivered, then an empty population. A missing column never reads
    as a pass, an error never as a fail.
    """
    if error is not None:
        return Verdict(site, check.id, "error", 0, 0, 0, error)
    if unmet is not None:
        return Verdict(site, check.id, "not_run", 0, 0, 0, unmet)
    if numbers.evaluated == 0:
        return Verdict(site, check.id, "not_applicable", 0, 0, 0, "nothing to evaluate")
    status: Status = "fail" if numbers.failed else "pass"
    return Verdict(site, check.id, status, numbers.evaluated, numbers.failed, 0, "")
