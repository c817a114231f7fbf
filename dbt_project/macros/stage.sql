{#
  Staging of one dataset: every variable of the vocabulary under its own name, cast by its type, with the raw text beside each cast,
  and the record's identity. Nothing is filtered, joined or corrected here.

  The natural key is the first of the dataset's keys whose variables are all filled, else the last. Records of a site and subject that
  share a natural key are told apart by their content, identical ones by a count, so that re-sent, re-ordered or re-quoted files give
  the same records. Content is what is filled, by name: a variable that the vocabulary gains changes no record that does not have it.
#}
{% macro vocabulary(table) %}
    {%- if execute -%}
        {%- for source in graph.sources.values() if source.source_name == 'raw' and source.name == table -%}
            {{ return(source) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return({'columns': {}, 'config': {'meta': {'dataset': table | upper, 'natural_key': [['USUBJID']]}}}) }}
{% endmacro %}

{% macro stage(table) %}
{%- set dataset = vocabulary(table) -%}
{%- set meta = dataset.config.meta -%}
{%- set keys = meta.natural_key -%}
{%- set formats = declared_formats(meta.dataset) -%}
with delivered as (
    select
        study, site, subject, USUBJID, source_name, source_file, source_row,
        {%- for column in dataset.columns.values() %}
        {%- if column.config.meta.type == 'date' %}
        {{ read_declared_date(column.name, formats.get(column.name, [])) }} as {{ column.name }},
        coalesce({{ column.name }}__delivered, {{ column.name }}) as {{ column.name }}_raw,
        {%- elif column.config.meta.type == 'number' %}
        to_number({{ column.name }}) as {{ column.name }},
        coalesce({{ column.name }}__delivered, {{ column.name }}) as {{ column.name }}_raw,
        {%- elif column.config.meta.type == 'result' %}
        {{ column.name }},
        {{ column.name }}__plain as {{ column.name }}_plain,
        {%- else %}
        {{ column.name }},
        {%- endif %}
        {%- endfor %}
        {%- if keys | length > 1 %}
        case
        {%- for key in keys[:-1] %}
            when {% for name in key %}{{ name }} is not null{{ ' and ' if not loop.last }}{% endfor %} then {{ key_text(key) }}
        {%- endfor %}
            else {{ key_text(keys[-1]) }}
        end as natural_key,
        {%- else %}
        {{ key_text(keys[0]) }} as natural_key,
        {%- endif %}
        content_hash_of(concat_ws(chr(31), USUBJID
        {%- for name in dataset.columns %}, '{{ name }}=' || {{ name }}{% endfor %})) as content_hash
    from {{ source('raw', table) }}
),

-- Few records share a key; only those are numbered.
shared as (
    select site as shared_site, coalesce(subject, '') as shared_subject, natural_key as shared_key
    from delivered
    group by site, coalesce(subject, ''), natural_key
    having count(*) > 1
),

identified as (
    select delivered.*, natural_key as record
    from delivered
    anti join shared
        on site = shared_site and coalesce(subject, '') = shared_subject and natural_key = shared_key
    union all
    select
        delivered.*,
        natural_key || ' #' || hash_text(content_hash) || case
            when row_number() over same_content > 1 then '/' || row_number() over same_content else ''
        end as record
    from delivered
    semi join shared
        on site = shared_site and coalesce(subject, '') = shared_subject and natural_key = shared_key
    window same_content as (
        partition by site, subject, natural_key, content_hash order by source_file, source_row
    )
)

select
    study, site, subject, USUBJID, source_name, source_file, source_row, content_hash,
    {%- for column in dataset.columns.values() %}
    {{ column.name }},
    {%- if column.config.meta.type in ('date', 'number') %}
    {{ column.name }}_raw,
    {%- elif column.config.meta.type == 'result' %}
    {{ column.name }}_plain,
    {%- endif %}
    {%- endfor %}
    '{{ meta.dataset }}' as dataset,
    record
from identified
{% endmacro %}

{% macro key_text(names) -%}
    concat_ws(' ', {% for name in names %}'{{ name }}=' || {{ name }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# The declared lists of formats of a dataset's dates in this study: variable -> lists, each joined by |. #}
{% macro declared_formats(dataset) %}
    {%- set declared = {} -%}
    {%- if execute -%}
        {%- set query -%}
            select variable, formats from {{ source('settings', 'date_format') }} where dataset = '{{ dataset }}' order by all
        {%- endset -%}
        {%- for row in run_query(query) -%}
            {%- do declared.setdefault(row[0], []).append(row[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(declared) }}
{% endmacro %}

{# Where sources of one dataset declare different formats, each record is read by its own source's. #}
{% macro read_declared_date(variable, declared) -%}
    {%- if declared | length > 1 -%}
    case {{ variable }}__format
        {%- for formats in declared %} when '{{ formats }}' then {{ read_date(variable, formats.split('|')) }}{% endfor %}
    end
    {%- else -%}
    {{ read_date(variable, declared[0].split('|') if declared else []) }}
    {%- endif -%}
{%- endmacro %}
