"""The sensor that starts a study's run when a site's landing has changed and the upload has come to rest."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import dagster as dg

from pipelines.errors import UserError
from pipelines.ingest import landing_fingerprint, utc_now
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.jobs import STUDY_RUN, sites_config
from pipelines.orchestration.partitions import known_studies, register_study
from pipelines.settings import Home
from pipelines.study import load_study

# A tick looks at names, sizes and times only. Two ticks must agree before a run starts, so this is also how long an
# upload must have been at rest.
TICK_SECONDS = 15


@dataclass
class SiteMemory:
    """What the sensor remembers of a site: its fingerprint at the last tick, and the one a run was last asked for."""

    seen: str
    requested: str | None = None


Memory = dict[str, dict[str, SiteMemory]]


def read_memory(cursor: str | None) -> Memory:
    """Return the memory kept in the sensor's cursor: study -> site -> memory."""
    kept: dict[str, dict[str, dict[str, str]]] = json.loads(cursor) if cursor else {}
    return {study: {site: SiteMemory(**memory) for site, memory in sites.items()} for study, sites in kept.items()}


def write_memory(memory: Memory) -> str:
    """Return the cursor that keeps the memory."""
    return json.dumps({study: {site: asdict(m) for site, m in sites.items()} for study, sites in memory.items()})


def sites_at_rest(fingerprints: dict[str, str], memory: dict[str, SiteMemory]) -> list[str]:
    """Return the sites that changed since their last request and lay still since the last tick; updates `memory`."""
    changed = []
    for site, fingerprint in sorted(fingerprints.items()):
        known = memory.setdefault(site, SiteMemory(seen=""))
        if known.seen == fingerprint != known.requested:
            known.requested = fingerprint
            changed.append(site)
        known.seen = fingerprint
    for site in set(memory) - set(fingerprints):
        del memory[site]
    return changed


@dg.sensor(
    job_name=STUDY_RUN,
    minimum_interval_seconds=TICK_SECONDS,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Asks for one run a study when new exports lie in landing, with the sites that changed.",
)
def landing_sensor(
    context: dg.SensorEvaluationContext, siteproof_home: HomeResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Look at every study's landing."""
    home = siteproof_home.home
    memory = read_memory(context.cursor)
    requests = []
    for study_id in known_studies(home):
        request = _request_of_study(context, home, study_id, memory)
        if request is not None:
            requests.append(request)
    for study_id in set(memory) - set(known_studies(home)):
        del memory[study_id]
    if requests:
        yield from requests
    else:
        yield dg.SkipReason("no export has changed and come to rest since the last tick")
    context.update_cursor(write_memory(memory))


def _request_of_study(
    context: dg.SensorEvaluationContext, home: Home, study_id: str, memory: Memory
) -> dg.RunRequest | None:
    try:
        study = load_study(home.study_file(study_id))
    except UserError as error:
        context.log.warning(f"{study_id} is left out until its configuration is mended: {error}")
        return None
    sites = register_study(context.instance, home, study_id)
    fingerprints = {site: landing_fingerprint(home, study, site, utc_now) for site in sites}
    changed = sites_at_rest(fingerprints, memory.setdefault(study_id, {}))
    if not changed:
        return None
    state = json.dumps([study_id, *((site, fingerprints[site]) for site in changed)])
    return dg.RunRequest(
        run_key=hashlib.sha256(state.encode()).hexdigest(), partition_key=study_id, run_config=sites_config(changed)
    )
