"""The partitions: a study, a site, and their pair; and how their keys become known to a Dagster instance.

Keys come from the home: a study is a folder with a study.yml, a site is a folder in the study's landing.
"""

from collections.abc import Iterable, Sequence

import dagster as dg

from pipelines.ingest import landing_sites
from pipelines.settings import Home

STUDY = dg.DynamicPartitionsDefinition(name="study")
SITE = dg.DynamicPartitionsDefinition(name="site")
SITE_OF_STUDY = dg.MultiPartitionsDefinition({"study": STUDY, "site": SITE})


def known_studies(home: Home) -> list[str]:
    """Return the studies that have a study.yml, valid or not, sorted."""
    if not home.studies.is_dir():
        return []
    return sorted(path.parent.name for path in home.studies.glob("*/study.yml"))


def register_partitions(instance: dg.DagsterInstance, studies: Iterable[str], sites: Iterable[str]) -> None:
    """Add the keys that the instance does not know yet; a run of an unknown key would be refused by Dagster."""
    for definition, keys in ((STUDY, studies), (SITE, sites)):
        name = str(definition.name)
        unknown = sorted(set(keys) - set(instance.get_dynamic_partitions(name)))
        if unknown:
            instance.add_dynamic_partitions(name, unknown)


def register_study(instance: dg.DagsterInstance, home: Home, study_id: str) -> Sequence[str]:
    """Register a study and the sites in its landing; return those sites."""
    sites = landing_sites(home, study_id)
    register_partitions(instance, [study_id], sites)
    return sites


def site_partition(study_id: str, site: str) -> dg.MultiPartitionKey:
    """Return the key of one site's partition of a study."""
    return dg.MultiPartitionKey({"study": study_id, "site": site})
