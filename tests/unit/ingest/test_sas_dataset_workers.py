"""The processes that read sas7bdat files are kept over files, and part them as strictly as a new one for each would."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.ingest.readers import sas_dataset_workers
from pipelines.ingest.readers.sas_dataset_workers import Workers
from pipelines.settings import PROJECT_ROOT

# The real process, but for what it does with a file: here a file's content says that.
SCRIPT = """
import os, signal, sys, time
sys.path.insert(0, {folder!r})
import sas_dataset_process

served = []

def serve(path, target, cells_at_once):
    served.append(path)
    with open(path) as file:
        exec(file.read())
    with open(target, "w") as file:
        file.write(str(len(served)))

sas_dataset_process.read_into = serve
sas_dataset_process.main()
"""
# A program that has one file read, tells the process that reads it, and ends itself as it is told to.
PROGRAM = """
import os, sys, threading, time
from pathlib import Path
from pipelines.ingest.readers import sas_dataset_workers

sas_dataset_workers.SCRIPT = Path(sys.argv[1])
folder = Path(sys.argv[2])
workers = sas_dataset_workers.WORKERS
begun = sas_dataset_workers._Worker()
print(begun._process.pid, flush=True)
workers._idle.append(begun)
(folder / "file").write_text(sys.argv[3])
workers.read(folder / "file", folder / "target", 1, 100)
print("read", flush=True)
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(folder=str(sas_dataset_workers.SCRIPT.parent)))
    monkeypatch.setattr(sas_dataset_workers, "SCRIPT", path)
    return path


@pytest.fixture
def workers(script: Path) -> Iterator[Workers]:  # noqa: ARG001 - it is what their processes run
    found = Workers()
    yield found
    if found._clock is not None:
        found._clock.cancel()
    found.end_idle()


def read(workers: Workers, folder: Path, does: str, seconds: int = 100) -> tuple[int, str]:
    """Return the exit code, and how many files the process that read this one has read, where it could say so."""
    file, target = folder / "file", folder / "target"
    file.write_text(does)
    target.unlink(missing_ok=True)
    code = workers.read(file, target, 1, seconds)
    return code, target.read_text() if target.exists() else ""


def kept(workers: Workers) -> list[int]:
    return [worker._process.pid for worker in workers._idle]


def has_ended(process: int) -> bool:
    """Return whether a process, and all that it began, end soon."""
    for _ in range(500):
        try:
            os.killpg(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_process_is_kept_and_no_file_leaves_anything_behind_in_it(workers: Workers, tmp_path: Path) -> None:
    assert read(workers, tmp_path, "pass") == (0, "1")
    first = kept(workers)
    assert read(workers, tmp_path, "pass") == (0, "1")
    assert kept(workers) == first
    assert len(first) == 1


def test_a_file_that_ends_the_library_ends_nothing_else(workers: Workers, tmp_path: Path) -> None:
    read(workers, tmp_path, "pass")
    first = kept(workers)
    assert read(workers, tmp_path, "os.kill(os.getpid(), signal.SIGSEGV)") == (-signal.SIGSEGV, "")
    assert read(workers, tmp_path, "os._exit(7)") == (7, "")
    assert read(workers, tmp_path, "os.write(1, b'0\\n'); raise ValueError('why')") == (3, "")
    assert (tmp_path / "target.reason").read_text() == "ValueError: why"
    assert read(workers, tmp_path, "pass") == (0, "1")
    assert kept(workers) == first


def test_a_library_that_does_not_come_to_an_end_is_ended(workers: Workers, tmp_path: Path) -> None:
    read(workers, tmp_path, "pass")
    (first,) = kept(workers)
    assert read(workers, tmp_path, "while True: pass", seconds=1) == (-signal.SIGALRM, "")
    assert has_ended(first)
    assert read(workers, tmp_path, "pass") == (0, "1")


def test_a_child_that_cannot_be_ended_from_within_is_ended_from_without(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sas_dataset_workers, "GRACE_SECONDS", 0)
    does = "signal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass"
    assert read(workers, tmp_path, does, seconds=1) == (-signal.SIGALRM, "")
    assert kept(workers) == []


def test_a_process_that_somebody_else_ended_is_replaced(workers: Workers, tmp_path: Path) -> None:
    read(workers, tmp_path, "pass")
    (first,) = kept(workers)
    os.kill(first, signal.SIGKILL)
    assert read(workers, tmp_path, "pass") == (0, "1")
    (second,) = kept(workers)
    assert second != first
    # While it reads: the file is read once more, since it has done nothing.
    mark = str(tmp_path / "mark")
    does = f"if not os.path.exists({mark!r}):\n  open({mark!r}, 'w')\n  os.kill(os.getppid(), 9)\n  time.sleep(100)"
    assert read(workers, tmp_path, does) == (0, "1")
    assert second not in kept(workers)


def test_what_the_machine_lacks_is_no_fault_of_the_file(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        read(workers, tmp_path, f"raise OSError({errno.ENOSPC}, 'full')")
    assert caught.value.errno == errno.ENOSPC
    workers.end_idle()
    (tmp_path / "none.py").write_text("")
    monkeypatch.setattr(sas_dataset_workers, "SCRIPT", tmp_path / "none.py")
    with pytest.raises(OSError, match="ends as soon as it begins"):
        read(workers, tmp_path, "pass")


def test_an_idle_process_is_ended_after_a_while(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sas_dataset_workers, "IDLE_SECONDS", 0.01)
    assert read(workers, tmp_path, "pass") == (0, "1")
    assert workers._clock is not None
    workers._clock.join()
    assert kept(workers) == []


def test_several_threads_read_at_once(workers: Workers, tmp_path: Path) -> None:
    def one(number: int) -> tuple[int, str]:
        folder = tmp_path / str(number)
        folder.mkdir()
        return read(workers, folder, "os.kill(os.getpid(), 9)" if number % 3 == 0 else "pass")

    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(one, range(12)))
    assert answers == [(-9, "") if number % 3 == 0 else (0, "1") for number in range(12)]
    assert 1 <= len(kept(workers)) <= 3


@pytest.mark.parametrize("does", ["while True: pass", "pass"], ids=["while it reads", "when it is idle"])
def test_the_process_ends_with_the_one_that_began_it(script: Path, tmp_path: Path, does: str) -> None:
    begun = tmp_path / "begun"
    with subprocess.Popen(
        [sys.executable, "-c", f"{PROGRAM}\ntime.sleep(100)", script, tmp_path, f"open({str(begun)!r}, 'w')\n{does}"],
        stdout=subprocess.PIPE,
        cwd=PROJECT_ROOT,
    ) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        if does == "pass":
            assert process.stdout.readline() == b"read\n"
        while not begun.exists():
            time.sleep(0.01)
        process.kill()
    assert has_ended(worker)


def test_a_fork_has_processes_of_its_own(script: Path, tmp_path: Path) -> None:
    program = f"""{PROGRAM}
child = os.fork()
if not child:
    own = folder / "own"
    assert workers._idle == []
    assert workers.read(folder / "file", own, 1, 100) == 0 and own.read_text() == "1"
    workers.end_idle()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert [worker._process.pid for worker in workers._idle] == [begun._process.pid]
assert workers.read(folder / "file", folder / "target", 1, 100) == 0
assert begun.is_alive
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, script, tmp_path, "pass"],
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert has_ended(int(done.stdout.split()[0]))
