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
# What takes long to build is built once: tests that use it are sent to one worker (pytest-xdist, --dist loadgroup).
GROUP_OF_FIXTURE = {
    "real_exports": "real",
    "real_runs": "real",
    "real_home": "real",
    "planted_runs": "simulated",
    "clean_run": "simulated",
}


# First: xdist reads the groups in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        groups = [group for fixture, group in GROUP_OF_FIXTURE.items() if fixture in fixtures]
        if groups:
            item.add_marker(pytest.mark.xdist_group(groups[0]))
        if "real" in groups:
            item.add_marker(pytest.mark.realdata)
        if "real_runs" in fixtures or "real_home" in fixtures:
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
