-- Grain: one row per site with a screening log that has an as-of date: what the log says, what EDC says up to that date, and who is on one
-- side only.
with log as (
    select
        site, subject, USUBJID, upper(enrolled) as enrolled, source_file, source_row,
        max(as_of_date) over (partition by site) as as_of_date
    from {{ ref('screening_log') }}
),

as_of as (
    select site, max(as_of_date) as as_of_date, min(source_file) as source_file, min(source_row) as source_row
    from log
    where as_of_date is not null
    group by site
),

edc as (
    select
        dm.site, dm.subject, dm.USUBJID,
        coalesce(
            upper(coalesce(dm.ARMCD, '')) in ('SCRNFAIL', 'SCREEN FAILURE')
            or upper(coalesce(dm.ACTARMCD, '')) in ('SCRNFAIL', 'SCREEN FAILURE')
            or upper(coalesce(dm.ARMNRS, '')) like 'SCREEN FAILURE%', false
        ) as is_screen_failure
    from {{ ref('int_demographics') }} as dm
    inner join as_of on dm.site = as_of.site
    where not certainly_after(coalesce(dm.RFICDTC, dm.DMDTC), as_of.as_of_date)
),

randomized as (
    select distinct rand.site, rand.subject, rand.USUBJID
    from {{ ref('rand') }} as rand
    inner join as_of on rand.site = as_of.site
    where rand.USUBJID is not null and not certainly_after(rand.randomization_date, as_of.as_of_date)
),

members as (
    select site, 'screened' as list, 'log' as side, subject from log where subject is not null
    union
    select site, 'screen_failed', 'log', subject from log where subject is not null and enrolled = 'N'
    union
    select site, 'enrolled', 'log', subject from log where subject is not null and enrolled = 'Y'
    union
    select site, 'screened', 'edc', subject from edc
    union
    select site, 'screen_failed', 'edc', subject from edc where is_screen_failure
    union
    select site, 'enrolled', 'edc', subject from randomized
),

compared as (
    select
        site, list, subject,
        max(case when side = 'log' then 1 else 0 end) as in_log,
        max(case when side = 'edc' then 1 else 0 end) as in_edc
    from members
    group by site, list, subject
),

counted as (
    select
        site,
        {% for list in ['screened', 'screen_failed', 'enrolled'] %}
        coalesce(sum(in_log) filter (where list = '{{ list }}'), 0) as log_{{ list }},
        coalesce(sum(in_edc) filter (where list = '{{ list }}'), 0) as edc_{{ list }},
        string_agg(subject, ', ' order by subject) filter (where list = '{{ list }}' and in_log <> in_edc) as differs_{{ list }}{{ ',' if not loop.last }}
        {% endfor %}
    from compared
    group by site
)

select
    as_of.site,
    cast(null as varchar) as subject,
    'SCREENING_LOG' as dataset,
    'site ' || as_of.site as record,
    as_of.as_of_date,
    {% for list in ['screened', 'screen_failed', 'enrolled'] %}
    cast(coalesce(counted.log_{{ list }}, 0) as bigint) as log_{{ list }},
    cast(coalesce(counted.edc_{{ list }}, 0) as bigint) as edc_{{ list }},
    counted.differs_{{ list }},
    {% endfor %}
    {% for side in ['log', 'edc'] %}
    coalesce(counted.{{ side }}_screened, 0) || ' (' || coalesce(counted.{{ side }}_enrolled, 0) || ' enrolled, '
    || coalesce(counted.{{ side }}_screen_failed, 0) || ' screen failures)'
    {%- if side == 'edc' %}
    || coalesce('; on one list only: screened ' || counted.differs_screened, '')
    || coalesce('; enrolled ' || counted.differs_enrolled, '')
    || coalesce('; screen failed ' || counted.differs_screen_failed, '')
    {%- endif %} as {{ side }}_summary,
    {% endfor %}
    as_of.source_file,
    as_of.source_row
from as_of
left join counted on as_of.site = counted.site
