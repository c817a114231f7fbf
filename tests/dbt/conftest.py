"""One small simulated study, built once, for all tests of the dbt project that need a warehouse."""

from __future__ import annotations

import pytest
from built_study import BuiltStudy, build_small_study


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Send what uses the warehouse to one worker, so that it is built once."""
    for item in items:
        if "built" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("dbt"))
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltStudy:
    """A study of two sites without faults, with its marts."""
    return build_small_study(tmp_path_factory.mktemp("dbt"))
