"""`siteproof dev` really started: assets and checks seen, a run launched over GraphQL, another by the sensor."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.orchestration.dbt_cli import ensure_manifest
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.simulate import simulate_portfolio
from pipelines.validate import load_suites

pytestmark = [pytest.mark.slow, pytest.mark.network_loopback]

STUDY = "SIM-001"
PATIENCE_SECONDS = 240
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "siteproof"}


@dataclass
class Dev:
    """A running `dagster dev` and the home it serves."""

    home: Home
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Send a GraphQL query and return its data."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
            told = json.load(connection.getresponse())
        assert "errors" not in told, told
        data: dict[str, Any] = told["data"]
        return data

    def wait_for(self, what: str, look: Callable[[], Any]) -> Any:
        """Look until there is something."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-4000:]
            found = look()
            if found:
                return found
            time.sleep(0.5)
        pytest.fail(f"no {what} within {PATIENCE_SECONDS} s: {self.log.read_text(encoding='utf-8')[-4000:]}")

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs, newest first."""
        query = "{ runsOrError { ... on Runs { results { runId status runConfigYaml tags { key value } } } } }"
        runs: list[dict[str, Any]] = self.ask(query)["runsOrError"]["results"]
        return runs

    def expect_success(self, run_id: str) -> None:
        """Wait for the end of a run, and show Dagster's log when it is not a good one."""

        def look() -> str | None:
            [status] = [run["status"] for run in self.runs() if run["runId"] == run_id]
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

        status = self.wait_for(f"end of run {run_id}", look)
        assert status == "SUCCESS", self.log.read_text(encoding="utf-8")[-6000:]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    base = tmp_path_factory.mktemp("dev")
    home = Home(base / "home")
    simulate_portfolio(home, studies=1, sites=2, subjects=3)
    ensure_manifest()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = base / "dev.log"
    command = [str(Path(sys.executable).with_name("siteproof")), "dev", "--port", str(port), "--home", str(home.root)]
    with log.open("wb") as output:
        # A session of its own, so that the daemon, the web server and the code server end with it.
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=base, start_new_session=True)
        started = Dev(home, port, process, log)
        try:
            started.wait_for("answer", lambda: _answers(started))
            yield started
        finally:
            end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started: Dagster's code servers outlive their parent for a while."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _answers(dev: Dev) -> bool:
    query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
    try:
        return bool(dev.ask(query)["repositoriesOrError"]["nodes"])
    except (ConnectionError, TimeoutError):
        return False


def test_assets_and_checks_are_seen(dev: Dev) -> None:
    told = dev.ask("{ assetNodes { assetKey { path } isPartitioned } }")
    keys = {"/".join(node["assetKey"]["path"]) for node in told["assetNodes"]}
    assert {"landing/site_export", "store/deliveries", "marts/dm", "findings/verdicts", "reports/report"} <= keys
    query = """query($key: AssetKeyInput!) {
        assetNodeOrError(assetKey: $key) { ... on AssetNode {
            assetChecksOrError { ... on AssetChecks { checks { name } } } } } }"""
    node = dev.ask(query, key={"path": ["findings", "verdicts"]})["assetNodeOrError"]
    assert len(node["assetChecksOrError"]["checks"]) == len(load_suites(EXPECTATIONS_DIR))


def test_a_run_launched_over_graphql_ends_well(dev: Dev) -> None:
    dev.ask(
        """mutation($repository: RepositorySelector!, $key: String!) {
            addDynamicPartition(repositorySelector: $repository, partitionsDefName: "study", partitionKey: $key)
            { __typename ... on PythonError { message } } }""",
        repository=REPOSITORY,
        key=STUDY,
    )
    launched = dev.ask(
        """mutation($parameters: ExecutionParams!) { launchRun(executionParams: $parameters) {
            __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
        parameters={
            "selector": {**REPOSITORY, "jobName": "study_run"},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": STUDY}]},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    dev.expect_success(launched["run"]["runId"])
    assert (dev.home.reports / STUDY / "index.html").is_file()


def test_the_sensor_picks_up_a_new_file(dev: Dev) -> None:
    before = {run["runId"] for run in dev.runs()}
    started = dev.ask(
        """mutation($sensor: SensorSelector!) { startSensor(sensorSelector: $sensor) {
            __typename ... on PythonError { message } } }""",
        sensor={**REPOSITORY, "sensorName": "landing_sensor"},
    )["startSensor"]
    assert started["__typename"] == "Sensor", started
    site = min(path.name for path in (dev.home.landing / STUDY).iterdir())
    (dev.home.landing / STUDY / site / "edc" / "new.csv").write_text("a\n1\n", encoding="utf-8")
    new = dev.wait_for("run by the sensor", lambda: [run for run in dev.runs() if run["runId"] not in before])
    assert {"key": "dagster/sensor_name", "value": "landing_sensor"} in new[0]["tags"]
    assert site in new[0]["runConfigYaml"]
    dev.expect_success(new[0]["runId"])
    ledger = (dev.home.store / STUDY / site / "deliveries.jsonl").read_text(encoding="utf-8")
    assert '"new.csv"' in ledger
