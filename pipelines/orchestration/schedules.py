"""One schedule a study, from the cron and time zone in its study.yml.

Schedules and the sensor start switched off: a data manager switches them on in the UI, once the study's first run by
hand looked right; from then on Dagster remembers it. A new study or a changed cron shows after a reload of the code
location.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

import dagster as dg

from pipelines.errors import UserError
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.jobs import STUDY_RUN
from pipelines.orchestration.partitions import known_studies, register_study
from pipelines.settings import Home
from pipelines.study import Study, load_study

_logger = dg.get_dagster_logger("siteproof")


def schedule_name(study_id: str, taken: Iterable[str] = ()) -> str:
    """Return a study's schedule name as Dagster allows it; a name that another study took gets a hash."""
    name = f"nightly_{re.sub(r'[^A-Za-z0-9_]', '_', study_id)}"
    if name in taken:
        name = f"{name}_{hashlib.sha256(study_id.encode()).hexdigest()[:8]}"
    return name


def build_schedules(home: Home) -> list[dg.ScheduleDefinition]:
    """Return the schedules of all studies that have one; a study whose configuration is broken is logged and left out.

    One study's mistake must not take the code location down for the others.
    """
    schedules: dict[str, dg.ScheduleDefinition] = {}
    for study_id in known_studies(home):
        try:
            schedule = build_schedule(load_study(home.study_file(study_id)), schedule_name(study_id, schedules))
        except UserError as error:
            _logger.warning("%s has no schedule: %s", study_id, error)
            continue
        if schedule is not None:
            schedules[schedule.name] = schedule
    return list(schedules.values())


def build_schedule(study: Study, name: str) -> dg.ScheduleDefinition | None:
    """Return a study's schedule, or None when it has none.

    Raises:
        UserError: the cron expression is not one.
    """
    if study.schedule is None:
        return None
    cron, timezone = study.schedule.cron, study.schedule.timezone

    def nightly(context: dg.ScheduleEvaluationContext, siteproof_home: HomeResource) -> Iterator[dg.RunRequest]:
        register_study(context.instance, siteproof_home.home, study.study)
        yield dg.RunRequest(partition_key=study.study)

    try:
        return dg.schedule(
            name=name,
            cron_schedule=cron,
            execution_timezone=timezone,
            job_name=STUDY_RUN,
            default_status=dg.DefaultScheduleStatus.STOPPED,
            description=f"Runs {study.study} on its own time: {cron} {timezone}.",
        )(nightly)
    except dg.DagsterInvalidDefinitionError as error:
        raise UserError(f'the schedule\'s cron "{cron}" is not readable; an example is "0 5 * * *"') from error
