"""Which files of a site may be read now, and which have to wait: for rest, for a `.done` beside them, or a manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.ingest.landing import LandingFile, fits, landing_files, landing_sites, printable, sources_of
from pipelines.ingest.ledger import ledger_path, read_ledger
from pipelines.ingest.refusal import Refusal
from pipelines.settings import Home
from pipelines.study import Study
from pipelines.study_delivery import DeliveryContract

Clock = Callable[[], datetime]

MANIFEST = "manifest.csv"
DONE = ".done"
MAX_MANIFEST_BYTES = 16 << 20
_REQUIRED = {"file", "rows", "sha256"}
_KNOWN = _REQUIRED | {"site", "study"}


@dataclass(frozen=True)
class Announced:
    """What a manifest says of a file; what it leaves blank is None. `rows` are data rows, without a header."""

    sha256: str
    rows: int | None = None
    site: str | None = None
    study: str | None = None


@dataclass(frozen=True)
class WaitingFile:
    """A file that is left for a later run; `why` says what it waits for."""

    site: str
    file: str
    why: str


@dataclass(frozen=True)
class Arrivals:
    """A site's files, those that may be read in the order of their arrival.

    `missing` are names (`<system>/<file>`) that a manifest lists and that are not there, with the hash of each. A
    manifest that cannot be read is among the ready ones, with its refusal, so that it is told as any other file.
    """

    ready: list[LandingFile]
    waiting: list[tuple[LandingFile, str]]
    announced: Mapping[str, Announced] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def arrivals_of(study: Study, files: Iterable[LandingFile], now: Clock) -> Arrivals:
    """Sort a site's files into those that may be read and those that wait; markers and manifests are neither."""
    if all(source.delivery == DeliveryContract() for source in study.sources.values()):
        return Arrivals(list(files), [])
    by_name = {file.name: file for file in files}
    manifests = {file.system: _read(file) for file in by_name.values() if _is_manifest(study, file)}
    arrivals = Arrivals([], [], {})
    announced: dict[str, Announced] = {}
    for file in by_name.values():
        manifest = manifests.get(file.system)
        if _is_manifest(study, file):
            if isinstance(manifest, Refusal):
                arrivals.ready.append(replace(file, refusal=manifest))
            continue
        if _is_marker(study, file):
            continue
        contract = _contract_of(study, file)
        why = "" if contract is None else _waits_for(contract, file, by_name, manifest, now)
        if why:
            arrivals.waiting.append((file, why))
            continue
        arrivals.ready.append(file)
        if contract is not None and contract.announced_by == "manifest" and isinstance(manifest, dict):
            announced[file.name] = manifest[_listed_as(file.file)]
    there = {_listed_as(name) for name in by_name}
    listed = {
        f"{system}/{file}": entry.sha256
        for system, manifest in manifests.items()
        if isinstance(manifest, dict)
        for file, entry in manifest.items()
    }
    missing = {name: sha256 for name, sha256 in listed.items() if name not in there}
    return replace(arrivals, announced=announced, missing=missing)


def waiting_files(home: Home, study: Study, now: Clock) -> list[WaitingFile]:
    """Return the files of a study that no run would read now, sorted by site and file.

    So is one that a manifest lists and that never came.

    Raises:
        UserError: a folder cannot be listed, or a ledger is damaged.
    """
    found = []
    for site in landing_sites(home, study.study):
        arrivals = arrivals_of(study, landing_files(home, study.study, site), now)
        found += [WaitingFile(site, file.name, why) for file, why in arrivals.waiting]
        if arrivals.missing:
            came = {event.sha256 for event in read_ledger(ledger_path(home, study.study, site))}
            why = f"{MANIFEST} lists it, and it is not there"
            found += [
                WaitingFile(site, printable(name), why)
                for name, sha256 in arrivals.missing.items()
                if sha256 not in came
            ]
    return sorted(found, key=lambda waiting: (waiting.site, waiting.file))


def landing_fingerprint(home: Home, study: Study, site: str, now: Clock) -> str:
    """Return a hash of the names, sizes and times of a site's files; it changes when there may be something to read.

    A file that waits is left out, so that what it waits for changes the hash.
    """
    files = landing_files(home, study.study, site)
    waiting = {file.name for file, _ in arrivals_of(study, files, now).waiting}
    lines = [f"{f.name}\t{f.size}\t{f.mtime_ns}\n" for f in files if f.name not in waiting]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _contract_of(study: Study, file: LandingFile) -> DeliveryContract | None:
    """Return what is agreed of a file; sources that share it agree on its arrival. None where it fits no source."""
    if file.refusal:
        return None
    try:
        return study.sources[sources_of(study, file)[0]].delivery
    except Refusal:
        return None


def _is_marker(study: Study, file: LandingFile) -> bool:
    if not file.file.endswith(DONE):
        return False
    named = replace(file, file=file.file.removesuffix(DONE))
    return any(s.delivery.announced_by == "done" and fits(s.path, named) for s in study.sources.values())


def _is_manifest(study: Study, file: LandingFile) -> bool:
    return file.file == MANIFEST and any(
        source.delivery.announced_by == "manifest" and fits(f"{source.path.partition('/')[0]}/{MANIFEST}", file)
        for source in study.sources.values()
    )


def _waits_for(
    contract: DeliveryContract,
    file: LandingFile,
    beside: Mapping[str, LandingFile],
    manifest: dict[str, Announced] | Refusal | None,
    now: Clock,
) -> str:
    """Return what a file has to wait for, in words; blank where it may be read."""
    if contract.at_rest_seconds and (why := _tell_unrest(file, contract.at_rest_seconds, now().timestamp())):
        return why
    if contract.announced_by == "done":
        marker = beside.get(file.name + DONE)
        if marker is None:
            return f"{file.file}{DONE} is not there yet"
        # Else the marker of the delivery before would announce one that is still growing.
        return f"{file.file}{DONE} is older than the file" if marker.mtime_ns < file.mtime_ns else ""
    if contract.announced_by == "manifest":
        if manifest is None:
            return f"{MANIFEST} is not there yet"
        if isinstance(manifest, Refusal):
            return f"{MANIFEST} cannot be read"
        return "" if _listed_as(file.file) in manifest else f"{MANIFEST} does not list it yet"
    return ""


def _tell_unrest(file: LandingFile, seconds: int, now: float) -> str:
    """Return in words that a file changed a moment ago; blank where it did not.

    A time that the sender gave it and that is yet to come says nothing: then that of this machine is asked.
    """
    changed = file.mtime_ns / 1e9
    if changed > now:
        changed = file.ctime_ns / 1e9
    if changed > now:
        return "it changed after the present time of this machine; set the clock right"
    return f"it changed less than {seconds} seconds ago" if now - changed < seconds else ""


def _read(file: LandingFile) -> dict[str, Announced] | Refusal:
    """Return file name -> what the manifest says of it, or why it cannot be read."""
    try:
        if file.refusal:
            raise file.refusal
        if file.size > MAX_MANIFEST_BYTES:
            raise _bad(f"it has {file.size} bytes; the limit is {MAX_MANIFEST_BYTES}")
        return _entries(file.path.read_bytes())
    except Refusal as refusal:
        return refusal
    except OSError as error:
        return Refusal("unreadable", f"{error.strerror}; it will be tried again")


def _entries(data: bytes) -> dict[str, Announced]:
    try:
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        columns = {(name or "").strip().casefold(): name for name in lines.fieldnames or ()}
        if not columns.keys() >= _REQUIRED or not columns.keys() <= _KNOWN:
            raise _bad("its columns are file, rows, sha256 and, if agreed, site and study", 1)
        entries: dict[str, Announced] = {}
        for line in lines:
            named = {name: (line[written] or "").strip() for name, written in columns.items()}
            file = _listed_as(named["file"])
            if None in line or not file or file in entries:
                raise _bad("each line names one file, and each file once", lines.line_num)
            entries[file] = _entry(named, lines.line_num)
        return entries
    except UnicodeDecodeError as error:
        raise _bad(f"it is not UTF-8 (byte {error.start})") from error
    except csv.Error as error:
        raise _bad("it is not CSV", lines.line_num) from error


def _listed_as(file: str) -> str:
    """Return a file's name in one form: some systems write a letter and its accent as two characters."""
    return unicodedata.normalize("NFC", file)


def _entry(named: Mapping[str, str], line: int) -> Announced:
    rows, sha256 = named["rows"], named["sha256"].lower()
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise _bad("sha256 is 64 hexadecimal digits", line)
    if rows and not re.fullmatch(r"\d{1,18}", rows, re.ASCII):
        raise _bad("rows is a whole number, or blank", line)
    return Announced(sha256, int(rows) if rows else None, named.get("site") or None, named.get("study") or None)


def _bad(text: str, line: int | None = None) -> Refusal:
    return Refusal("manifest_unreadable", f"{text}; the files beside it wait for one that can be read", line)
