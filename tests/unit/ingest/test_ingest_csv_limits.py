"""Files that are too large in one place are refused in bounded memory, however large they are (F38)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# What Python, Arrow and the reader's modules take before they read anything is about 200 MB.
BASE_MB = 250
LIMIT_MB = 450
READ = """
import mmap, sys
from pathlib import Path
from pipelines.ingest.readers.csv_text import CsvReader
from pipelines.ingest.refusal import Refusal
from pipelines.study_source import Source
with Path(sys.argv[1]).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
    try:
        (table,) = CsvReader().read(data, Source(path="edc/AE.csv")).tables
        print("read", table.rows.num_rows)
    except Refusal as refusal:
        print(refusal.code, refusal.line)
status = Path("/proc/self/status").read_text()
print([line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")][0])
"""


def outcome_and_peak(path: Path) -> tuple[str, int]:
    """Read a file in a process of its own; return what came of it and the most memory it held, in MB."""
    done = subprocess.run([sys.executable, "-c", READ, str(path)], check=True, capture_output=True, text=True)
    outcome, peak = done.stdout.splitlines()
    return outcome, int(peak) // 1024


def sparse(path: Path, head: bytes, size: int, tail: bytes = b"\n") -> Path:
    """A file with a hole: its bytes are NUL, and take no space on the disk."""
    with path.open("wb") as file:
        file.write(head)
        file.seek(size)
        file.write(tail)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory that was held")
class TestMemory:
    def test_a_line_of_a_gigabyte(self, tmp_path: Path) -> None:
        outcome, peak = outcome_and_peak(sparse(tmp_path / "x.csv", b"a,b\n1,", 1 << 30))
        assert outcome == "line_too_long 2"
        assert peak < LIMIT_MB

    def test_a_quote_that_stays_open_for_a_gigabyte(self, tmp_path: Path) -> None:
        path = sparse(tmp_path / "x.csv", b'a,b\n1,"x\n', 1 << 30)
        outcome, peak = outcome_and_peak(path)
        assert outcome == "line_too_long 3"
        assert peak < LIMIT_MB

    def test_a_field_of_fifty_megabytes(self, tmp_path: Path) -> None:
        path = tmp_path / "x.csv"
        path.write_bytes(b'a,b\n1,"' + b"x" * 99 + (b"\n" + b"x" * 99) * 500_000 + b'"\n2,y\n')
        outcome, peak = outcome_and_peak(path)
        assert outcome == "field_too_large 2"
        assert peak < LIMIT_MB
        path.write_bytes(b"a,b\n1," + b"x" * 50_000_000 + b"\n")
        outcome, peak = outcome_and_peak(path)
        assert outcome == "line_too_long 2"
        assert peak < LIMIT_MB

    def test_twenty_thousand_columns(self, tmp_path: Path) -> None:
        path = tmp_path / "x.csv"
        path.write_bytes(b"\n".join([b",".join([b"x"] * 20_000)] * 500))
        outcome, peak = outcome_and_peak(path)
        assert outcome == "too_many_columns 1"
        assert peak < LIMIT_MB

    def test_a_large_file_takes_three_times_its_size_at_most(self, tmp_path: Path) -> None:
        path = tmp_path / "x.csv"
        row = b'101-001,2024-06-12,"Headache, mild",MILD,N,NOT RELATED,RECOVERED,WEEK 4\n'
        path.write_bytes(b"a,b,c,d,e,f,g,h\n" + row * 1_200_000)
        size = path.stat().st_size >> 20
        outcome, peak = outcome_and_peak(path)
        assert outcome == "read 1200000"
        assert peak < BASE_MB + 3 * size
