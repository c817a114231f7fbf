"""Faults in what is said of an adverse event: its coding, grade, relationship, actions and seriousness."""

from __future__ import annotations

from pipelines.simulate.faults.events import resolved
from pipelines.simulate.faults.registry import Fault, Spot, enrolled, plants

_CRITERIA = ("aeslife", "aesdisab", "aesmie")
_STAYS = ("Hospitalisation for observation", "Admitted to a ward for two nights")


@plants("AE-03", "AE", suits=enrolled)
def event_not_coded(spot: Spot) -> list[Fault]:
    """An event without a preferred term."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    row["mdrpt_nsv"] = ""
    return [spot.fault("AE-03", "AE", row, "the event is not coded")]


@plants("AE-04", "AE", suits=enrolled)
def event_without_grade(spot: Spot) -> list[Fault]:
    """An event with neither a grade nor a severity."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    row.update(aesev="", aetoxgr="")
    return [spot.fault("AE-04", "AE", row, "neither grade nor severity")]


@plants("AE-09", "AE", suits=enrolled)
def event_without_relationship(spot: Spot) -> list[Fault]:
    """Nothing is said of the relationship to treatment, of each drug neither."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    row.update(aerel="", aerel1="", aerel2="")
    return [spot.fault("AE-09", "AE", row, "no relationship to treatment")]


@plants("AE-12", "AE", "SAFETY", "VISITS", suits=enrolled)
def hospital_stay_without_serious_event(spot: Spot) -> list[Fault]:
    """A text speaks of a hospital, and the subject has no serious event: at an unplanned visit, or as an event."""
    row = spot.choose(resolved(spot))
    if row is None or any(event["aeser"] == "Y" for event in spot.rows("AE")):
        return []
    text = _STAYS[spot.variant % len(_STAYS)]
    unplanned = spot.choose([visit for visit in spot.rows("VISDT") if visit["svupdes"]])
    if unplanned is not None:
        unplanned["svupdes"] = text
        return [spot.fault("AE-12", "VISDT", unplanned, "an unplanned visit tells of a hospital stay")]
    row["aeterm"] = text
    return [spot.fault("AE-12", "AE", row, "an event that is not serious tells of a hospital stay")]


@plants("AE-23", "AE", suits=enrolled)
def several_actions_not_listed(spot: Spot) -> list[Fault]:
    """Several other actions were taken, and one at most is named."""
    row = spot.choose([row for row in resolved(spot) if row["aeacn"] != "DRUG WITHDRAWN"])
    if row is None:
        return []
    first = ("CONCOMITANT MEDICATION", "")[spot.variant % 2]
    row.update(aeacnoth="MULTIPLE", aeacnot1=first, aeacnot2="")
    return [spot.fault("AE-23", "AE", row, "several actions, and not two are named")]


@plants("AE-25", "AE", suits=enrolled)
def relationships_disagree(spot: Spot) -> list[Fault]:
    """Overall related and to no drug, overall not related but to one drug, or blank with the drugs filled."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    overall, first, second = (("Y", "N", "NA"), ("N", "Y", "N"), ("NA", "NA", "N"))[spot.variant % 3]
    row.update(aerel=overall, aerel1=first, aerel2=second)
    return [spot.fault("AE-25", "AE", row, f"overall {overall}, by drug {first} and {second}")]


@plants("AE-27")
def dictionary_not_current(spot: Spot) -> list[Fault]:
    """All events of a file were coded with an old version or another dictionary, or one of them with a newer one."""
    rows = [row for row in spot.site.tables["AE"].rows if row["mdrpt_nsv"]]
    if len(rows) < 2:
        return []
    version = ("MedDRA 26.1", "MedDRA 27.1", "WHODrug 2024-03")[spot.variant % 3]
    for row in rows[:1] if version == "MedDRA 27.1" else rows:
        row["meddraver_nsv"] = version
    return [Fault("AE-27", "", "AE", None, f"events coded with {version}")]


@plants("AE-28", "AE", suits=enrolled)
def criterion_without_seriousness(spot: Spot) -> list[Fault]:
    """A criterion of seriousness is met by an event that is not serious, or of which that is not said."""
    row = spot.choose(resolved(spot))
    if row is None:
        return []
    criterion = _CRITERIA[spot.variant % len(_CRITERIA)]
    row.update({criterion: "Y", "aeser": ("N", "")[spot.variant % 2]})
    return [spot.fault("AE-28", "AE", row, f"{criterion} is Y, and the event is not serious")]
