"""Large ODM files made on the fly, and the memory that reading them takes: it must not grow with the file.

A file holds subjects with six visits of three forms, each with three item groups of twelve items.
"""

from __future__ import annotations

import argparse
import mmap
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import RESULTS, keep_section, table
from pipelines.ingest.readers import READERS
from pipelines.study_source import Source

SIZES_MB = (10, 100, 1_000)
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot" ODMVersion="1.3.2">\n'
    ' <ClinicalData StudyOID="AA-1" MetaDataVersionOID="1">\n'
)
_LOOK_EVERY_SECONDS = 0.02


def write_odm(path: Path, size_mb: int) -> Path:
    """Write an ODM 1.3.2 snapshot of about this size."""
    with path.open("w", encoding="utf-8") as file:
        written = file.write(_HEAD)
        number = 0
        while written < size_mb * 1_000_000:
            number += 1
            written += file.write("".join(_subject(number)))
        file.write(" </ClinicalData>\n</ODM>\n")
    return path


def _subject(number: int) -> Iterator[str]:
    yield f'  <SubjectData SubjectKey="101-{number:06}">\n   <SiteRef LocationOID="{number % 40:03}"/>\n'
    for visit in range(6):
        yield f'   <StudyEventData StudyEventOID="SE.V{visit}" StudyEventRepeatKey="1">\n'
        for form in ("VS", "LB", "AE"):
            yield f'    <FormData FormOID="F.{form}" FormRepeatKey="1">\n'
            for group in range(3):
                yield f'     <ItemGroupData ItemGroupOID="IG.{form}" ItemGroupRepeatKey="{group + 1}">\n'
                for item in range(12):
                    yield f'      <ItemData ItemOID="IT.{form}.{item}" Value="{number * 7 + item * 3}"/>\n'
                yield "     </ItemGroupData>\n"
            yield "    </FormData>\n"
        yield "   </StudyEventData>\n"
    yield "  </SubjectData>\n"


def read_groups(path: Path) -> int:
    """Read a file as ingest does; return its item groups."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        reading = READERS["odm"].read(mapped, Source(path="edc/*.xml", format="odm"))
    return sum(each.rows.num_rows for each in reading.tables if each.name.startswith("IG."))


def parse_groups(path: Path) -> int:
    """Let lxml alone go through a file, each element emptied at its end; return its item groups."""
    from lxml import etree

    groups = 0
    for _, element in etree.iterparse(str(path), events=("end",), resolve_entities=False, no_network=True):
        groups += element.tag.endswith("ItemGroupData")
        element.clear(keep_tail=True)
        while element.getprevious() is not None:
            del element.getparent()[0]
    return groups


def peak_megabytes(path: Path) -> tuple[float, float]:
    """Return the most memory that this process held of its own, before reading a file and while it did."""
    peaks, ended = [_own_megabytes()], threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_EVERY_SECONDS):
            peaks.append(_own_megabytes())

    thread = threading.Thread(target=look)
    thread.start()
    read_groups(path)
    ended.set()
    thread.join()
    return peaks[0], max(peaks)


def _own_megabytes() -> float:
    # Pages of mapped files can be dropped at any time, so they do not count.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found.group(1)) / 1_000 if found else 0.0


def main() -> None:
    """Measure memory for each size in a process of its own, or for one given file in this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, help="measure this file here, and print the two numbers")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file whose section is replaced")
    given = parser.parse_args()
    if given.file is not None:
        print(*peak_megabytes(given.file))
        return
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in SIZES_MB:
            path = write_odm(Path(scratch) / "odm.xml", size)
            command = [sys.executable, "-m", "benchmarks.odm_files", "--file", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own module
            before, peak = map(float, done.stdout.split())
            lines.append([f"{path.stat().st_size / 1e6:,.0f} MB", f"{before:,.0f} MB", f"{peak:,.0f} MB"])
    header = ["ODM file", "memory of its own before", "at most while reading"]
    keep_section("Memory of reading ODM", table(header, lines), given.results)


if __name__ == "__main__":
    main()
