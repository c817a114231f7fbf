-- Grain: one row per demographics record and coded column that is filled. The codelist is that of DM-03 codelist_version, and what
-- study.yml allows beside it.
{% set columns = ['SEX', 'ETHNIC', 'RACE', 'COUNTRY'] %}
with allowed as (
    select codelist.variable, codelist.submission_value
    from {{ ref('codelist') }} as codelist
    inner join {{ source('settings', 'parameter') }} as version
        on version.check_id = 'DM-03' and version.name = 'codelist_version' and version.value = codelist.codelist_version
    union
    select upper(split_part(name, '_', 1)), upper(trim(value))
    from {{ source('settings', 'parameter') }}
    where check_id = 'DM-03' and name in ({% for column in columns %}'{{ column | lower }}_values'{{ ', ' if not loop.last }}{% endfor %})
),

coded as (
    {% for column in columns %}
    select
        site, subject, USUBJID, dataset, record, source_file, source_row,
        '{{ column }}' as column_name, {{ column }} as coded_value
    from {{ ref('dm') }}
    where {{ column }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    coded.site,
    coded.subject,
    coded.USUBJID,
    coded.dataset,
    coded.record || ' ' || coded.column_name as record,
    coded.column_name,
    coded.coded_value,
    allowed.submission_value is not null as is_in_codelist,
    coded.source_file,
    coded.source_row
from coded
left join allowed on coded.column_name = allowed.variable and upper(trim(coded.coded_value)) = allowed.submission_value
