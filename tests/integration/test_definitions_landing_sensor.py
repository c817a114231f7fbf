"""The sensor: a run is asked for when a site's export is new and has come to rest, and only then."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration import landing_sensor as tested
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.landing_sensor import landing_sensor
from pipelines.settings import Home


class Sensor:
    """Ticks the sensor and keeps its cursor, as Dagster's daemon does."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home = home
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> list[tuple[str | None, list[str]]]:
        """Return study and sites of each run that is asked for."""
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            resources={"siteproof_home": HomeResource(root=str(self.home.root))},
        )
        results = landing_sensor(context)
        requests = [result for result in results if isinstance(result, dg.RunRequest)]
        self.cursor = context.cursor
        self.run_keys = [request.run_key for request in requests]
        return [
            (request.partition_key, request.run_config["ops"]["store__deliveries"]["config"]["sites"])
            for request in requests
        ]


@pytest.fixture
def sensor(home: Home) -> Sensor:
    for study in ("S1", "S2"):
        write_study(home, study)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Sensor(home, instance)


def write_study(home: Home, study: str, extra: str = "") -> None:
    path = home.study_file(study)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"study: {study}\ntitle: t\nsponsor: s\n{extra}sources: {{DM: {{path: edc/DM.csv}}}}\nmap: {{}}\n",
        encoding="utf-8",
    )


def deliver(home: Home, study: str, site: str, text: str, second: int = 0) -> Path:
    path = home.landing / study / site / "edc" / "DM.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    # The clock of a file system may be too coarse to tell two writes of one test apart.
    os.utime(path, (1_700_000_000 + second, 1_700_000_000 + second))
    return path


def test_a_new_export_is_asked_for_once_after_two_ticks(sensor: Sensor) -> None:
    deliver(sensor.home, "S1", "101", "a\n1\n")
    assert sensor.tick() == []
    assert sensor.tick() == [("S1", ["101"])]
    assert sensor.tick() == []


def test_a_growing_file_waits_until_it_rests(sensor: Sensor) -> None:
    for second in range(4):
        deliver(sensor.home, "S1", "101", "a\n" + "1\n" * second, second)
        assert sensor.tick() == []
    assert sensor.tick() == [("S1", ["101"])]


def test_only_changed_sites_are_named_in_one_run_a_study(sensor: Sensor) -> None:
    for site in ("102", "101"):
        deliver(sensor.home, "S1", site, "a\n1\n")
    deliver(sensor.home, "S2", "101", "a\n1\n")
    sensor.tick()
    assert sensor.tick() == [("S1", ["101", "102"]), ("S2", ["101"])]
    first = sensor.run_keys
    deliver(sensor.home, "S1", "102", "a\n2\n", second=9)
    sensor.tick()
    assert sensor.tick() == [("S1", ["102"])]
    assert not set(first) & set(sensor.run_keys)


def test_new_sites_and_studies_are_registered_as_partitions(sensor: Sensor) -> None:
    deliver(sensor.home, "S1", "101", "a\n1\n")
    sensor.tick()
    sensor.tick()
    assert set(sensor.instance.get_dynamic_partitions("study")) == {"S1", "S2"}
    assert sensor.instance.get_dynamic_partitions("site") == ["101"]


def test_a_study_with_a_broken_configuration_does_not_hold_up_the_others(sensor: Sensor) -> None:
    write_study(sensor.home, "S1", "unknown_key: 1\n")
    for study in ("S1", "S2"):
        deliver(sensor.home, study, "101", "a\n1\n")
    sensor.tick()
    assert sensor.tick() == [("S2", ["101"])]
    write_study(sensor.home, "S1")
    sensor.tick()
    assert sensor.tick() == [("S1", ["101"])]


def test_a_site_that_was_taken_away_and_comes_back_is_new(sensor: Sensor) -> None:
    path = deliver(sensor.home, "S1", "101", "a\n1\n")
    sensor.tick()
    assert sensor.tick() == [("S1", ["101"])]
    for folder in (path, path.parent, path.parent.parent):
        folder.unlink() if folder.is_file() else folder.rmdir()
    assert sensor.tick() == []
    deliver(sensor.home, "S1", "101", "a\n1\n")
    sensor.tick()
    assert sensor.tick() == [("S1", ["101"])]


def test_a_file_that_has_to_rest_is_asked_for_when_it_has(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    """F18: the contract's rest may be longer than a tick, and nothing in landing changes when it is over."""
    path = sensor.home.study_file("S1")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("edc/DM.csv}", "edc/DM.csv, delivery: {at_rest_seconds: 300}}"), encoding="utf-8")
    clock = [1_700_000_000]
    monkeypatch.setattr(tested, "utc_now", lambda: datetime.fromtimestamp(clock[0], UTC))
    (sensor.home.landing / "S1" / "101").mkdir(parents=True)
    sensor.tick()
    sensor.tick()
    deliver(sensor.home, "S1", "101", "a\n1\n")
    for _ in range(3):
        clock[0] += 15
        assert sensor.tick() == []
    clock[0] += 300
    assert sensor.tick() == []
    assert sensor.tick() == [("S1", ["101"])]
