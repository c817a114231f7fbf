"""Fixtures that every kind of test shares."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket
from rooms import StudyRun, run_through_the_rooms

from pipelines.settings import PROJECT_ROOT, Home
from pipelines.simulate import simulate_portfolio

SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"
REAL_STUDIES = ("AA-AA-000-0000", "CDISCPILOT01")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what reads the real trials, and as slow what runs them."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"real_exports", "real_runs", "real_home"}:
            item.add_marker(pytest.mark.realdata)
        if fixtures & {"real_runs", "real_home"}:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Siteproof opens no connection; a test that needs loopback says so by its marker."""
    if request.node.get_closest_marker("network_loopback"):
        pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """The two real trials, unpacked once into a cache outside the checkout: <STUDY>/landing/<SITE>/<system>/*.csv."""
    if not SHARED_DATA.exists():
        pytest.skip(f"the real trials are not at {SHARED_DATA}")
    cache = Path(tempfile.gettempdir()) / "siteproof-real-exports"
    subprocess.run([SHARED_DATA / "unpack-real-exports", cache], check=True, capture_output=True)
    return cache


@pytest.fixture(scope="session")
def real_runs(real_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyRun]:
    """Both real trials, run with the configurations in examples/studies."""
    home = Home(tmp_path_factory.mktemp("real"))
    home.landing.mkdir(parents=True)
    for study in REAL_STUDIES:
        shutil.copytree(PROJECT_ROOT / "examples" / "studies" / study, home.studies / study)
        (home.landing / study).symlink_to(real_exports / study / "landing")
    return {study: run_through_the_rooms(home, study) for study in REAL_STUDIES}


@pytest.fixture(scope="session")
def real_home(real_runs: dict[str, StudyRun]) -> Home:
    """The home in which both real trials have been run."""
    return real_runs[REAL_STUDIES[0]].home


@pytest.fixture(scope="session")
def planted_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyRun]:
    """A simulated portfolio in the three layouts of the simulator, with every check's fault planted, run."""
    home = Home(tmp_path_factory.mktemp("planted"))
    simulate_portfolio(home, studies=3, sites=4, subjects=15, seed=20)
    return {path.name: run_through_the_rooms(home, path.name) for path in sorted(home.studies.iterdir())}


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    """A simulated study without a fault, run."""
    home = Home(tmp_path_factory.mktemp("clean"))
    simulate_portfolio(home, studies=1, sites=4, subjects=14, seed=21, clean=True)
    return run_through_the_rooms(home, "SIM-001")
