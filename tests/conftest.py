"""Fixtures that every kind of test shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import Home


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> None:
    """Siteproof opens no connection; a test that needs loopback says so by its marker."""
    import pytest_socket

    if request.node.get_closest_marker("network_loopback"):
        pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)
    request.addfinalizer(pytest_socket.enable_socket)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(tmp_path / "home")
