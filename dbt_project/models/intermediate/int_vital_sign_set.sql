-- Grain: one row per visit of a subject at a site with vital signs: all its results of the tests that VS-08 looks at, as one text. The same
-- visit on another day is another one, at another time of day the same; HR and PULSE are one test. A result that is repeated within the visit counts once.
with results as (
    select distinct
        site, subject, USUBJID, VISITNUM, VISIT, substr(VSDTC, 1, 10) as VSDTC,
        case when upper(VSTESTCD) = 'PULSE' then 'HR' else upper(VSTESTCD) end as testcd,
        VSTPT, VSPOS, VSSTRESN
    from {{ ref('vs') }}
    where
        USUBJID is not null
        and VSSTRESN is not null
        and coalesce(cast(VISITNUM as varchar), VISIT, VSDTC) is not null
        and upper(VSTESTCD) in ('SYSBP', 'DIABP', 'HR', 'PULSE', 'TEMP', 'WEIGHT')
)

select
    site, subject, USUBJID, VISITNUM, VISIT, VSDTC,
    count(distinct testcd) as test_count,
    string_agg(
        concat_ws(' ', testcd, VSTPT, VSPOS) || '=' || cast(VSSTRESN as varchar), ', ' order by testcd, VSTPT, VSPOS, VSSTRESN
    ) as results
from results
group by site, subject, USUBJID, VISITNUM, VISIT, VSDTC
