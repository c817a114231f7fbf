"""Lays the mapped views, and what study.yml and the deliveries say, into a study's DuckDB file; dbt builds on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from pipelines.errors import UserError
from pipelines.ingest import current_deliveries, held_deliveries, known_sites
from pipelines.located_yaml import load_located_yaml
from pipelines.settings import Home, memory_limit
from pipelines.sql_text import quote_name
from pipelines.standardize.availability import list_availability
from pipelines.standardize.calendars import list_non_working_days
from pipelines.standardize.consecutive_deliveries import count_vanished, list_redeliveries
from pipelines.standardize.delivery_calendar import list_expected_deliveries
from pipelines.standardize.delivery_facts import find_refusals, list_deliveries
from pipelines.standardize.expression_check import check_expressions
from pipelines.standardize.extract_dates import find_extract_dates
from pipelines.standardize.layout_questions import list_layout_questions
from pipelines.standardize.mapping import list_date_formats, raw_view_sql
from pipelines.standardize.participations import list_participations_elsewhere, publish_participations
from pipelines.standardize.source_files import SourceFiles, source_files
from pipelines.standardize.study_settings import Parameters, list_parameters, list_visits, with_missing_codes
from pipelines.study import Study
from pipelines.vocabulary import Dataset, load_vocabulary


def lay_raw_views(home: Home, study: Study, parameters: Parameters) -> None:
    """Write schemas `raw` (one view a dataset) and `settings` (tables) into the study's warehouse.

    settings.site(site, seen_in): every site of the study: in landing, listed in study.yml, or in the CTMS list.
    settings.availability(site, dataset, variable, delivered, reason): see `availability`.
    settings.delivery: see `delivery_facts`; settings.delivery_layout: see `layout_questions`.
    settings.redelivery and settings.vanished: see `consecutive_deliveries`.
    settings.expected_delivery: see `delivery_calendar`.
    settings.extract(site, source_name, extract_date): one row per current file; see `extract_dates`.
    settings.non_working_day(country, day): see `calendars`.
    settings.visit and settings.parameter: see `study_settings`.
    settings.other_participation: see `participations`.
    settings.date_format(dataset, variable, formats): every way in which a date is declared.
    settings.source(source_name, has_subject): from study.yml.

    Args:
        home: where the study lies.
        study: its configuration.
        parameters: the resolved parameters of all checks, for facts that depend on them.

    Raises:
        UserError: another process holds the file, an SQL expression of study.yml cannot be used (with its line), or
            the store lacks a file, or the delivery calendar is of no source or no day.
    """
    vocabulary = load_vocabulary()
    check_expressions(study, load_located_yaml(home.study_file(study.study), as_text=True))
    deliveries = current_deliveries(home, study.study)
    refusals = find_refusals(home, study)
    held = held_deliveries(home, study.study)
    with open_for_writing(home, study.study) as connection:
        for schema in ("raw", "settings"):
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            connection.execute(f"CREATE SCHEMA {schema}")
        files = source_files(study, deliveries)
        for dataset in vocabulary.values():
            _lay_view(connection, study, dataset, files)
        publish_participations(connection, home, study.study)
        _write(
            connection,
            "other_participation(identity_key VARCHAR, first_date VARCHAR, last_date VARCHAR)",
            list_participations_elsewhere(home, study.study),
        )
        sites = _list_sites(connection, study, known_sites(home, study.study))
        _write(connection, "site(site VARCHAR, seen_in VARCHAR)", sites)
        availability = list_availability(study, vocabulary, deliveries, [site for site, _ in sites], refusals)
        _write(
            connection,
            "availability(site VARCHAR, dataset VARCHAR, variable VARCHAR, delivered BOOLEAN, reason VARCHAR)",
            [(a.site, a.dataset, a.variable, a.delivered, a.reason) for a in availability],
        )
        extract_dates = find_extract_dates(connection, study, deliveries, files)
        extracts = [(*at, day) for at, day in extract_dates.items()]
        _write(connection, "extract(site VARCHAR, source_name VARCHAR, extract_date VARCHAR)", extracts)
        _write(
            connection,
            "delivery(site VARCHAR, dataset VARCHAR, source_name VARCHAR, source_file VARCHAR, row_count BIGINT,"
            " previous BIGINT, received_on VARCHAR, extract_date VARCHAR, held_for VARCHAR)",
            list_deliveries(study, deliveries, extract_dates, refusals, held),
        )
        _write(
            connection,
            "delivery_layout(site VARCHAR, dataset VARCHAR, source_name VARCHAR, source_file VARCHAR, record VARCHAR,"
            " column_name VARCHAR, problem VARCHAR, severity VARCHAR, detail VARCHAR, source_row BIGINT)",
            list_layout_questions(study, deliveries, refusals),
        )
        _write(
            connection,
            "redelivery(site VARCHAR, source_name VARCHAR, source_file VARCHAR, repeated_on VARCHAR,"
            " stated_extract_date VARCHAR, previous_extract_date VARCHAR, late_file VARCHAR, late_on VARCHAR)",
            list_redeliveries(connection, home, study, deliveries),
        )
        _write(
            connection,
            "vanished(site VARCHAR, source_name VARCHAR, dataset VARCHAR, source_file VARCHAR, record_count BIGINT,"
            " vanished_count BIGINT, named VARCHAR)",
            count_vanished(connection, home, study, deliveries, held),
        )
        days_off = list_non_working_days(connection, study, list(extract_dates.values()))
        _write(connection, "non_working_day(country VARCHAR, day VARCHAR)", days_off)
        _write(
            connection,
            "expected_delivery(site VARCHAR, source_name VARCHAR, dataset VARCHAR, due_at VARCHAR, received_at VARCHAR,"
            " as_of VARCHAR, source_file VARCHAR)",
            list_expected_deliveries(home, study, [site for site, _ in sites], parameters),
        )
        formats = [(d.name, *declared) for d in vocabulary.values() for declared in list_date_formats(study, d)]
        _write(connection, "date_format(dataset VARCHAR, variable VARCHAR, formats VARCHAR)", formats)
        named = [(name, source.subject is not None) for name, source in study.sources.items()]
        _write(connection, "source(source_name VARCHAR, has_subject BOOLEAN)", named)
        _write(
            connection,
            "parameter(check_id VARCHAR, name VARCHAR, position BIGINT, value VARCHAR)",
            list_parameters(with_missing_codes(parameters, study)),
        )
        _write(
            connection,
            "visit(visit VARCHAR, visitnum DOUBLE, target_day BIGINT, window_before BIGINT, window_after BIGINT,"
            " is_required BOOLEAN, anchor VARCHAR)",
            list_visits(study),
        )


def open_for_writing(home: Home, study_id: str) -> duckdb.DuckDBPyConnection:
    """Open the study's DuckDB file as its one writer.

    Raises:
        UserError: another process has it open.
    """
    path = home.warehouse_file(study_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(path, config={"memory_limit": memory_limit()})
    except duckdb.IOException as error:
        raise UserError(f"{path} cannot be opened for writing; is another run at work on it? ({error})") from error


def _lay_view(
    connection: duckdb.DuckDBPyConnection, study: Study, dataset: Dataset, files: dict[str, SourceFiles]
) -> None:
    query = raw_view_sql(study, dataset, files)
    try:
        connection.execute(f"CREATE VIEW raw.{quote_name(dataset.table)} AS {query}")
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException, duckdb.IOException) as error:
        message = str(error).splitlines()[0]
        raise UserError(f"{study.study}: {dataset.name} cannot be laid over the store: {message}") from error


def _list_sites(
    connection: duckdb.DuckDBPyConnection, study: Study, delivering: Iterable[str]
) -> list[tuple[str, str]]:
    seen: dict[str, list[str]] = {site: ["landing"] for site in delivering}
    for site in study.sites:
        seen.setdefault(site.id, []).append("study.yml")
    ctms = connection.execute("SELECT DISTINCT site_id FROM raw.site WHERE source_name <> 'study.yml' ORDER BY 1")
    for (site_id,) in ctms.fetchall():
        if site_id is not None:
            seen.setdefault(site_id, []).append("CTMS")
    return [(site, ", ".join(places)) for site, places in sorted(seen.items())]


def _write(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    connection.execute(f"CREATE TABLE settings.{table}")
    name = table.split("(", 1)[0]
    width = table.count(",") + 1
    if rows:
        import pyarrow as pa

        columns = {f"c{index}": [row[index] for row in rows] for index in range(width)}
        connection.register("incoming", pa.table(columns))
        connection.execute(f"INSERT INTO settings.{name} SELECT * FROM incoming")
        connection.unregister("incoming")
