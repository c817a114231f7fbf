-- Grain: one row per record with at least one date, of the datasets of X-06 (CM, MH and LB have checks of their own). A view: nothing is
-- kept but where a record is and what it says in place of a date.
{{ config(materialized='view') }}
{% set dates = {
    'dm': ['BRTHDTC', 'DTHDTC', 'RFSTDTC', 'RFICDTC', 'RFPENDTC', 'DMDTC', 'site_change_date'],
    'sv': ['SVSTDTC', 'SVENDTC', 'SSDTC'],
    'vs': ['VSDTC'],
    'ae': ['AESTDTC', 'AEENDTC', 'AEDTC', 'AEDTHDTC'],
    'ex': ['EXSTDTC', 'EXENDTC'],
    'eg': ['EGDTC'],
    'ie': ['IEDTC'],
    'ds': ['DSSTDTC', 'DSDTC'],
    'dv': ['DVSTDTC', 'discovered_date'],
} %}
{% for table, columns in dates.items() %}
select
    site, subject, dataset, record, source_file, source_row,
    case
        {%- for column in columns %}
        when {{ column }} is null and lacks_only_month({{ column }}_raw) then {{ column }}_raw
        {%- endfor %}
    end as date_without_month
from {{ ref(table) }}
where {{ columns | join('_raw is not null or ') }}_raw is not null
{{ 'union all' if not loop.last }}
{% endfor %}
