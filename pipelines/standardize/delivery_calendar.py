"""What a study expects of each site when (X-03's calendar and the due times of sources), and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from pipelines.errors import UserError, did_you_mean
from pipelines.ingest import read_deliveries
from pipelines.settings import Home
from pipelines.standardize.delivery_facts import dataset_of_source
from pipelines.standardize.study_settings import Parameters
from pipelines.study import Study

CHECK = "X-03"
EVERY_SOURCE = "*"
# The length of a day and time to the minute: 2024-06-01T08:00.
_TO_THE_MINUTE = 16


def calendar_of(study: Study, calendar: Sequence[str]) -> list[str]:
    """Return the calendar of X-03 (`<source>=<time>`) with the due times that the sources of study.yml state."""
    stated = [f"{name}={due}" for name, source in study.sources.items() for due in source.delivery.due]
    return list(dict.fromkeys([*calendar, *stated]))


def list_expected_deliveries(
    home: Home, study: Study, sites: Sequence[str], parameters: Parameters
) -> list[tuple[object, ...]]:
    """Return (site, source, dataset, due at, received at, as of, source_file) per site, source and due time so far.

    Received is the first file of the site and source, accepted or the same once more, that came after the due time
    before and its grace; None where none did. A run has no clock: due is what is due by the newest delivery of the
    study. A study with an extract date is a snapshot of that day: it is looked at as of its end, and what was loaded
    later counts as received on it. The file is the one that came last, else where it was expected. Times are UTC.

    Raises:
        UserError: the calendar names a source that is not there, or no day of the calendar.
    """
    own = parameters.get(CHECK, {})
    given = own.get("calendar", [])
    if not isinstance(given, list) or not given:
        return []
    grace = timedelta(hours=float(str(own["grace_hours"])))
    receipts, files, newest = _read_receipts(home, study)
    as_of = f"{study.extract_date}T23:59" if study.extract_date else newest
    rows: list[tuple[object, ...]] = []
    for source, due_times in sorted(_due_times(study, given, as_of).items()):
        path = study.sources[source].path
        for site in sites:
            came = receipts.get((site, source), [])
            file = files.get((site, source), f"{study.study}/{site}/{path}")
            for number, due in enumerate(due_times):
                opened = _moment(due_times[number - 1]) + grace if number else None
                received = next((at for at in came if opened is None or _moment(at) > opened), None)
                rows.append((site, source, dataset_of_source(study, source), due, received, as_of, file))
    return rows


def _read_receipts(
    home: Home, study: Study
) -> tuple[dict[tuple[str, str], list[str]], dict[tuple[str, str], str], str]:
    """Return (site, source) -> receipts in their order, (site, source) -> the last file, and the newest receipt."""
    receipts: dict[tuple[str, str], list[str]] = {}
    files: dict[tuple[str, str], str] = {}
    newest = ""
    for event in read_deliveries(home, study.study).sort("site", "sequence").iter_rows(named=True):
        newest = max(newest, event["received_at"][:_TO_THE_MINUTE])
        if event["status"] == "refused":
            continue
        received = event["received_at"][:_TO_THE_MINUTE]
        at = event["site"], event["source"]
        receipts.setdefault(at, []).append(min(received, study.extract_date) if study.extract_date else received)
        files[at] = f"{study.study}/{event['site']}/{event['system']}/{event['file']}"
    return {at: sorted(came) for at, came in receipts.items()}, files, newest


def _due_times(study: Study, calendar: Iterable[object], as_of: str) -> dict[str, list[str]]:
    """Return source -> its due times by `as_of`, in order and each once."""
    due: dict[str, set[str]] = {}
    for item in calendar:
        source, _, times = str(item).partition("=")
        if source != EVERY_SOURCE and source not in study.sources:
            hint = did_you_mean(source, study.sources)
            raise UserError(f'{study.study}: calendar of {CHECK}: "{source}" is not a source.{hint}')
        for name in study.sources if source == EVERY_SOURCE else [source]:
            due.setdefault(name, set()).update(_repeat(study, times, as_of))
    return {source: sorted(times) for source, times in due.items()}


def _repeat(study: Study, times: str, as_of: str) -> Iterator[str]:
    start, _, step = times.partition(" every ")
    try:
        moment = datetime.fromisoformat(start)
    except ValueError as error:
        raise UserError(
            f'{study.study}: calendar of {CHECK}: "{start}" is not a day or time of the calendar'
        ) from error
    while (text := moment.isoformat(timespec="minutes")[: len(start)]) <= as_of:
        yield text
        if not step:
            return
        moment += timedelta(days=int(step.split()[0]))


def _moment(text: str) -> datetime:
    """Return a time, or the end of a day that has none."""
    if len(text) == _TO_THE_MINUTE:
        return datetime.fromisoformat(text)
    return datetime.combine(date.fromisoformat(text) + timedelta(days=1), datetime.min.time())
