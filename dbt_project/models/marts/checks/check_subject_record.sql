-- Grain: one row per record of a dataset whose rows belong to subjects; `has_subject` tells whether its source names them at all.
-- A view: it only puts the marts below each other.
{{ config(materialized='view') }}
{% set main_date = {'sv': 'SVSTDTC', 'vs': 'VSDTC', 'lb': 'LBDTC', 'eg': 'EGDTC', 'ae': 'AESTDTC', 'ex': 'EXSTDTC', 'cm': 'CMSTDTC', 'mh': 'MHSTDTC', 'ie': 'IEDTC', 'ds': 'DSSTDTC',
    'dv': 'DVSTDTC', 'query': 'opened', 'page': 'visit_date'} %}
with records as (
    {% for table, date in main_date.items() %}
    select study, site, subject, USUBJID, dataset, record, source_name, source_file, source_row, {{ date }} as event_date
    from {{ ref(table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    records.*,
    demographics.BRTHDTC as birth_date,
    demographics.USUBJID is not null as is_subject_known,
    source.has_subject
from records
inner join {{ source('settings', 'source') }} as source on records.source_name = source.source_name
left join {{ ref('int_demographics') }} as demographics on records.USUBJID = demographics.USUBJID
