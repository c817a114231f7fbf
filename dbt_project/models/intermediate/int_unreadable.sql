{#- Every dataset of the vocabulary that has dates, numbers or flags: they are named here, since dbt reads what a model refers to before it
knows the vocabulary. -#}
{% set tables = [
    'dm', 'ds', 'sv', 'ae', 'ex', 'vs', 'eg', 'lb', 'cm', 'mh', 'ie', 'co_consent', 'icf_version', 'irb', 'person', 'delegation', 'training',
    'credential', 'safety', 'lab_cert', 'ip_log', 'kit', 'temp_log', 'equipment', 'monitoring', 'isf_index', 'signature', 'participation',
    'dv', 'query', 'page', 'audit', 'site', 'rand', 'screening_log',
] %}
-- Grain: one row per delivered file and variable with at least one value that could not be read as its type. A value that stands in several
-- records of a row, as the day of several measurements does, is one. `texts` are the first of them as they came, cut to 40 characters.
{% for table in tables %}
{% set columns = vocabulary(table).columns.values() | selectattr('config.meta.type', 'in', ['date', 'number', 'flag']) | list %}
select site, dataset, source_name, source_file, variable, kind, unreadable, first_row, texts
from (
    select
        site, dataset, source_name, source_file,
        unnest([
            {%- for column in columns or [{'name': 'source_row', 'config': {'meta': {'type': 'number'}}}] %}
            {%- set is_flag = column.config.meta.type == 'flag' %}
            {%- set raw = column.name if is_flag else column.name ~ '_raw' if columns else 'cast(source_row as varchar)' %}
            {%- set failed = is_no_flag(raw) if is_flag else column.name ~ ' is null and ' ~ raw ~ ' is not null' %}
            struct_pack(
                variable := '{{ column.name }}',
                kind := '{{ 'yes or no' if is_flag else column.config.meta.type }}',
                {{ unreadable_values(failed, raw) }}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ], recursive := true)
    from {{ ref(table) }}
    group by site, dataset, source_name, source_file
)
where unreadable > 0
{% if not loop.last %}union all{% endif %}
{% endfor %}
union all
-- A result is text and may say more than a number, but a vital sign that has limits is one.
select
    site, dataset, source_name, source_file, 'VSORRES' as variable, 'number' as kind,
    unnest(struct_pack({{ unreadable_values('true', 'VSORRES') }}))
from {{ ref('vs') }}
where
    VSTESTCD in ('SYSBP', 'DIABP', 'HR', 'PULSE', 'TEMP', 'WEIGHT', 'HEIGHT')
    and VSORRES is not null
    and result_number(VSORRES, VSORRES_plain) is null
    and coalesce(upper(VSSTAT), '') <> 'NOT DONE'
group by site, dataset, source_name, source_file
