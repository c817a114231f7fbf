"""Faults between the disposition and the adverse event that tell of one death."""

from __future__ import annotations

from datetime import timedelta

from pipelines.simulate.faults.deaths import TOUCHED_BY_DEATH, can_die, let_die
from pipelines.simulate.faults.events import set_end
from pipelines.simulate.faults.registry import Fault, Spot, plants


@plants("AE-18", *TOUCHED_BY_DEATH, suits=can_die)
def disposition_tells_of_progression(spot: Spot) -> list[Fault]:
    """An event dates the death, and the disposition puts it down to the disease."""
    death = let_die(spot)
    death.study_end["dsterm"] = f"DEATH DUE TO {('PROGRESSIVE DISEASE', 'DISEASE RELAPSE')[spot.variant % 2]}"
    return [spot.fault("AE-18", "AE", death.event, "no disposition of a death by an event")]


@plants("AE-19", *TOUCHED_BY_DEATH, suits=can_die)
def event_dates_death_later(spot: Spot) -> list[Fault]:
    """The event and its end date the death two days after the disposition does."""
    death = let_die(spot)
    day = death.day + timedelta(days=2)
    death.event["aedthdt"] = day.isoformat()
    set_end(death.event, day)
    return [spot.fault("AE-19", "AE", death.event, "dates the death two days after the disposition")]


@plants("AE-20", *TOUCHED_BY_DEATH, suits=can_die)
def death_is_no_disposition_event(spot: Spot) -> list[Fault]:
    """The disposition records the death under another category, so it does not end participation."""
    death = let_die(spot)
    death.study_end["dscat"] = "OTHER EVENT"
    return [
        spot.fault("AE-20", "AE", death.event, "a fatal event, and no disposition event ends participation"),
        spot.fault("SV-12", "SURVIVAL", death.contact, "follows: no disposition event dates the death"),
    ]


@plants("AE-21", *TOUCHED_BY_DEATH, suits=can_die)
def death_by_event_without_event(spot: Spot) -> list[Fault]:
    """The disposition puts the death down to an adverse event that is not recorded; treatment had ended by choice."""
    death = let_die(spot)
    events = spot.site.tables["AE"].rows
    events[:] = [row for row in events if row is not death.event]
    death.treatment_end.update(dsdecod="WITHDRAWAL BY SUBJECT", dsterm="WITHDRAWAL BY SUBJECT")
    death.study_end["dsterm"] = "DEATH DUE TO ADVERSE EVENT"
    return [spot.fault("AE-21", "DS", death.study_end, "no adverse event has a date of death")]


@plants("AE-22", *TOUCHED_BY_DEATH, suits=can_die)
def death_date_without_day(spot: Spot) -> list[Fault]:
    """The event dates the death to the month."""
    row = let_die(spot).event
    row["aedthdt"] = row["aedthdt"][:7]
    return [spot.fault("AE-22", "AE", row, "the date of death has no day")]


@plants("DS-03", *TOUCHED_BY_DEATH, suits=can_die)
def death_without_study_discontinuation(spot: Spot) -> list[Fault]:
    """The death is recorded at follow-up, so nothing says that participation ended."""
    death = let_die(spot)
    death.study_end["dsscat"] = "SURVIVAL FOLLOW-UP"
    leaving = [row for row in spot.rows("AE") if row["aeacnoth"] == "SUBJECT DISCONTINUED FROM STUDY"]
    return [
        spot.fault("DS-03", "DS", death.study_end, "a death without a study discontinuation record"),
        spot.fault("AE-20", "AE", death.event, "follows: a fatal event, and nothing ends participation"),
        spot.fault("DS-12", "AE", leaving[0], "follows: an event ended participation, the disposition did not"),
    ]


@plants("DS-04", *TOUCHED_BY_DEATH, suits=can_die)
def two_death_dates(spot: Spot) -> list[Fault]:
    """The follow-up records the death again, two days later."""
    death = let_die(spot)
    day = (death.day + timedelta(days=2)).isoformat()
    second = {**death.study_end, "recordid": spot.site.next_record(), "dsscat": "SURVIVAL FOLLOW-UP"}
    second.update(dsst_dt=day, record_dt=day)
    spot.site.tables["DS"].rows.append(second)
    return [
        spot.fault("DS-04", "DS", death.study_end, "a second record dates the death two days later"),
        spot.fault("DM-17", "DM", death.demographics, "follows: one of the dates is another than in demographics"),
        spot.fault("AE-19", "AE", death.event, "follows: one of the dates is another than that of the event"),
    ]


@plants("DS-10", *TOUCHED_BY_DEATH, suits=can_die)
def death_record_without_date(spot: Spot) -> list[Fault]:
    """The disposition records the death without its date."""
    death = let_die(spot)
    death.study_end["dsst_dt"] = ""
    return [
        spot.fault("DS-10", "DS", death.study_end, "the death has no date"),
        spot.fault("SV-12", "SURVIVAL", death.contact, "follows: no disposition event dates the death"),
    ]


@plants("DS-11", *TOUCHED_BY_DEATH, suits=can_die)
def death_without_cause(spot: Spot) -> list[Fault]:
    """The term breaks off before the cause of death."""
    row = let_die(spot).study_end
    row["dsterm"] = ("DEATH DUE TO", "Death due to ")[spot.variant % 2]
    return [spot.fault("DS-11", "DS", row, "no cause follows")]
