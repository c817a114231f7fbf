"""Takes what is new in landing into the store, one site at a time: accepted, a duplicate, or refused with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pipelines.ingest.announcements import Clock, arrivals_of
from pipelines.ingest.deliveries import known_sites
from pipelines.ingest.landing import landing_files
from pipelines.ingest.layout import Layout, layout_of
from pipelines.ingest.ledger import DeliveryEvent, ledger_path, read_ledger, write_ledger
from pipelines.ingest.site_intake import SiteIntake
from pipelines.ingest.store import holding_site
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.study_columns import mapped_columns

# Python reads one file at a time whatever the number of threads; the others count, compress and wait for the disk.
MAX_SITES_AT_WORK = 4


def utc_now() -> datetime:
    """Return the time that a delivery's `received_at` is taken from."""
    return datetime.now(UTC)


def ingest_study(
    home: Home,
    study: Study,
    sites: Sequence[str] | None = None,
    on_site: Callable[[str, list[DeliveryEvent]], None] | None = None,
    now: Clock = utc_now,
) -> list[DeliveryEvent]:
    """Take what is new from the given sites (all that are known, if None) and return the new events.

    Args:
        home: where landing and store are.
        study: the study's configuration.
        sites: the sites to look at; one without a folder in landing has nothing new.
        on_site: told of each site when it is done, for progress.
        now: the clock.

    Raises:
        UserError: the store cannot be written or is damaged. A broken delivery raises nothing.
    """
    if sites is None:
        sites = known_sites(home, study.study)
    new: list[DeliveryEvent] = []
    layouts = _layouts_of(study)
    with ThreadPoolExecutor(min(MAX_SITES_AT_WORK, os.cpu_count() or 1)) as at_work:
        ingested = [at_work.submit(_ingest, home, study, site, layouts, now) for site in sites]
        try:
            # In the order of the sites, whichever is ready first.
            for site, events in zip(sites, (one.result() for one in ingested), strict=True):
                if on_site:
                    on_site(site, events)
                new += events
        except BaseException:
            at_work.shutdown(cancel_futures=True)
            raise
    return new


def ingest_site(home: Home, study: Study, site: str, now: Clock = utc_now) -> list[DeliveryEvent]:
    """Take what is new from one site and return the new events.

    A delivery is the current one of its source until a newer one is accepted; a refused file changes nothing of that.

    Raises:
        UserError: the site's name is none, its folder cannot be listed, or the store cannot be written or is damaged.
    """
    return _ingest(home, study, site, _layouts_of(study), now)


def _layouts_of(study: Study) -> dict[str, Layout]:
    return {
        name: layout_of(source, mapped_columns(study, name), study.own_names) for name, source in study.sources.items()
    }


def _ingest(home: Home, study: Study, site: str, layouts: Mapping[str, Layout], now: Clock) -> list[DeliveryEvent]:
    files = landing_files(home, study.study, site)
    ledger = ledger_path(home, study.study, site)
    if not files and not ledger.is_file():
        return []
    with holding_site(ledger.parent):
        before = read_ledger(ledger)
        arrivals = arrivals_of(study, files, now)
        intake = SiteIntake(home, study, site, list(before), arrivals, layouts, now)
        for file in arrivals.ready:
            intake.take(file)
        intake.read_current_again()
        if intake.events != before:
            write_ledger(ledger, intake.events)
    return intake.events[len(before) :]
