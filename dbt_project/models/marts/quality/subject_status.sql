-- Grain: one row per subject of demographics: its queries that are neither closed nor cancelled. Whether it is clean is said by the findings
-- too, which come after the models: see subject_cleanliness of a run.
select
    dm.study,
    dm.site,
    dm.subject,
    dm.USUBJID,
    count(query.record) as open_queries
from {{ ref('int_demographics') }} as dm
left join {{ ref('query') }} as query
    on
        dm.USUBJID = query.USUBJID
        and case when query.status is null then query.closed_raw is null else lower(query.status) not in ('closed', 'cancelled') end
group by dm.study, dm.site, dm.subject, dm.USUBJID
