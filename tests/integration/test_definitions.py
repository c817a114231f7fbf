"""What Dagster loads: keys, checks, jobs, schedules and the sensor, held as sets; how dbt is called; the manifest."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dagster as dg
import pytest

from pipelines.errors import ConfigError, UserError
from pipelines.orchestration.assembly import build_definitions
from pipelines.orchestration.dbt_cli import dbt_resource, ensure_manifest
from pipelines.orchestration.home_resource import HomeResource
from pipelines.orchestration.ingest_assets import deliveries, site_export
from pipelines.orchestration.instance import CONFIGURATION, history_held_open, open_instance, prepare_instance
from pipelines.orchestration.partitions import register_study
from pipelines.orchestration.schedules import build_schedules, schedule_name
from pipelines.settings import EXPECTATIONS_DIR, Home
from pipelines.standardize.dbt_manifest import manifest_is_current
from pipelines.standardize.dbt_process import read_parsed_project
from pipelines.validate import load_suites

STUDY_YML = """\
study: {study}
title: A trial
sponsor: A sponsor
{schedule}
sources:
  DM: {{path: edc/DM.csv, subject: subject}}
map:
  DM:
    - from: DM
      variables: {{SEX: sex}}
"""
MARTS = {
    "ae", "audit", "co_consent", "dm", "ds", "dv", "ex", "ie", "lb", "page", "query", "rand", "screening_log", "site",
    "sv", "vs",
}  # fmt: skip
OUR_ASSETS = {
    "landing/site_export", "store/deliveries", "findings/verdicts", "reports/report", "transfers/extract"
}  # fmt: skip


def write_study(home: Home, study: str, schedule: str = "") -> Path:
    path = home.study_file(study)
    path.parent.mkdir(parents=True)
    path.write_text(STUDY_YML.format(study=study, schedule=schedule), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = Home(tmp_path_factory.mktemp("home"))
    write_study(home, "AA-1", 'schedule: {cron: "0 5 * * *", timezone: Europe/Berlin}')
    write_study(home, "BB-2")
    return build_definitions(home, manifest=ensure_manifest())


def test_every_definition_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_assets_are_ours_and_those_of_the_dbt_project(definitions: dg.Definitions) -> None:
    keys = {key.to_user_string() for key in definitions.resolve_all_asset_keys()}
    assert keys >= OUR_ASSETS | {f"marts/{mart}" for mart in MARTS}
    from_dbt = keys - OUR_ASSETS
    assert {key.split("/")[0] for key in from_dbt} == {
        "staging",
        "intermediate",
        "marts",
        "checks",
        "quality",
        "settings",
    }


def test_raw_views_hang_under_the_deliveries_and_all_leads_to_the_report(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    deliveries = dg.AssetKey(["store", "deliveries"])
    assert dg.AssetKey(["staging", "stg_dm"]) in graph.get(deliveries).child_keys
    assert graph.get(deliveries).parent_keys == {dg.AssetKey(["landing", "site_export"])}
    assert dg.AssetKey(["marts", "dm"]) in graph.get(dg.AssetKey(["findings", "verdicts"])).parent_keys
    assert graph.get(dg.AssetKey(["reports", "report"])).parent_keys == {dg.AssetKey(["findings", "verdicts"])}


def test_a_site_is_a_partition_for_ingest_and_a_study_downstream(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    ingest = graph.get(dg.AssetKey(["landing", "site_export"])).partitions_def
    assert isinstance(ingest, dg.MultiPartitionsDefinition)
    assert {dimension.name for dimension in ingest.partitions_defs} == {"study", "site"}
    downstream = {key: graph.get(key).partitions_def for key in graph.materializable_asset_keys}
    del downstream[dg.AssetKey(["landing", "site_export"])]
    assert {getattr(partitions, "name", None) for partitions in downstream.values()} == {"study"}


def test_one_check_a_suite_and_no_other(definitions: dg.Definitions) -> None:
    suites = {suite.name for suite in load_suites(EXPECTATIONS_DIR)}
    checks = definitions.resolve_asset_graph().asset_check_keys
    assert len(checks) == len(suites) > 5
    assert {key.asset_key.to_user_string() for key in checks} == {"findings/verdicts"}


def test_jobs_schedules_and_sensor(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert {job.name for job in repository.get_all_jobs()} == {"study_run", "study_extract", "__ASSET_JOB"}
    [schedule] = repository.schedule_defs
    assert (schedule.name, schedule.cron_schedule, schedule.execution_timezone, schedule.job_name) == (
        "nightly_AA_1", "0 5 * * *", "Europe/Berlin", "study_run"
    )  # fmt: skip
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert [sensor.name for sensor in repository.sensor_defs] == ["landing_sensor"]


def test_a_study_run_holds_everything_from_deliveries_to_the_report(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("study_run")
    selected = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    every = {key.to_user_string() for key in definitions.resolve_all_asset_keys()}
    assert selected == every - {"landing/site_export", "transfers/extract"}
    assert job.executor_def.name == "in_process"


def test_a_schedule_registers_its_study_before_it_asks_for_the_run(home: Home) -> None:
    write_study(home, "AA-1", 'schedule: {cron: "0 5 * * *"}')
    (home.landing / "AA-1" / "101").mkdir(parents=True)
    [schedule] = build_schedules(home)
    with open_instance(home) as instance:
        resources = {"siteproof_home": HomeResource(root=str(home.root))}
        requests = list(schedule(dg.build_schedule_context(instance=instance, resources=resources)))
        assert [request.partition_key for request in requests] == ["AA-1"]
        assert list(instance.get_dynamic_partitions("study")) == ["AA-1"]
        assert list(instance.get_dynamic_partitions("site")) == ["101"]


@pytest.mark.parametrize("mistake", ["parameters: {E-01: {max_lag_day: 14}}", "parameters: {E-1: {max_lag_days: 14}}"])
def test_a_run_of_a_schedule_refuses_a_wrong_configuration_before_ingest(home: Home, mistake: str) -> None:
    write_study(home, "AA-1", mistake)
    (home.landing / "AA-1" / "101").mkdir(parents=True)
    with open_instance(home) as instance:
        register_study(instance, home, "AA-1")
        with pytest.raises(ConfigError, match=r"study\.yml:\d+: .*E-0?1"):
            dg.materialize(
                [deliveries, site_export],
                instance=instance,
                partition_key="AA-1",
                selection=[deliveries],
                resources={"siteproof_home": HomeResource(root=str(home.root))},
            )
    assert not home.store.exists()


def test_one_broken_study_leaves_the_others_their_schedules(home: Home) -> None:
    write_study(home, "AA-1", 'schedule: {cron: "0 5 * * *"}')
    write_study(home, "BB-2", 'schedule: {cron: "every day"}')
    write_study(home, "CC-3", "no_such_key: 1")
    assert [schedule.name for schedule in build_schedules(home)] == ["nightly_AA_1"]


def test_studies_whose_names_look_alike_get_schedules_of_their_own() -> None:
    first = schedule_name("A-B")
    assert schedule_name("A_B", [first]) != first == "nightly_A_B"


def test_asking_for_dbts_version_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **_: object) -> None:
        raise AssertionError(f"a process was started: {arguments}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr("dagster_dbt.core.resource.check_output", refuse)
    assert dbt_resource()._cli_version.major == 1


def test_a_manifest_is_parsed_again_when_the_project_is_another(tmp_path: Path) -> None:
    project = tmp_path / "dbt"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: small\nversion: '1.0'\nconfig-version: 2\nprofile: small\n")
    (project / "profiles.yml").write_text("small: {target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}\n")
    model = project / "models" / "one.sql"
    model.write_text("select 1 as a")
    assert not manifest_is_current(project)
    manifest = ensure_manifest(project)
    assert manifest_is_current(project)
    parsed = read_parsed_project(project, tmp_path / "ST-9.duckdb")
    assert parsed is not None
    (node,) = parsed.nodes.values()
    assert (node.database, node.relation_name) == ("ST-9", '"ST-9"."main"."one"')
    extra = project / "models" / "two.sql"
    extra.write_text("select 2 as a")
    assert not manifest_is_current(project)
    assert read_parsed_project(project, tmp_path / "ST-9.duckdb") is None
    extra.unlink()
    assert manifest_is_current(project)
    model.write_text("select {{ not jinja")
    with pytest.raises(UserError, match="dbt cannot parse"):
        ensure_manifest(project)
    assert ensure_manifest(project, only_if_missing=True) == manifest
    assert sorted(path.name for path in manifest.parent.iterdir()) == [
        "manifest.json", "partial_parse.msgpack", "siteproof-project.sha256",
    ]  # fmt: skip


def test_the_instance_lives_in_the_home_and_follows_the_root_configuration(home: Home) -> None:
    copy = prepare_instance(home) / "dagster.yaml"
    copy.write_text("telemetry: {enabled: true}\n", encoding="utf-8")
    with open_instance(home) as instance:
        assert not instance.telemetry_enabled
        assert instance.root_directory == str(home.dagster)
        assert instance.run_monitoring_enabled
        limits = instance.get_concurrency_config().run_queue_config.tag_concurrency_limits
        assert limits == [{"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}]
    assert copy.read_text(encoding="utf-8") == CONFIGURATION.read_text(encoding="utf-8")


@dg.job
def nothing() -> None:
    """A job without a step: something to have a run of."""


def test_a_history_that_is_held_open_is_folded_into_its_files_once_at_the_end(home: Home) -> None:
    with open_instance(home) as instance:
        run = instance.create_run_for_job(nothing)
        files = [home.dagster / "history" / "runs" / f"{name}.db-wal" for name in ("index", run.run_id)]

        def folded_after_an_event() -> list[bool]:
            instance.report_engine_event("seen", run)
            instance.report_runless_asset_event(dg.AssetMaterialization("seen"))
            return [not file.exists() for file in files]

        assert folded_after_an_event() == [True, True]
        with history_held_open(home, run.run_id):
            assert folded_after_an_event() == [False, False]
        assert folded_after_an_event() == [True, True]
        assert len(instance.fetch_materializations(dg.AssetKey("seen"), limit=9).records) == 3
