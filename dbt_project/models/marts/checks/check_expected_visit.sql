-- Grain: one row per subject and required visit of the schedule whose planned day is certain. The row to look at is the subject's in
-- demographics. A subject has left when a disposition event may have ended treatment or study by the end of the visit's window.
with ends as (
    select USUBJID, DSSTDTC as end_date
    from {{ ref('int_disposition') }}
    where is_study_end or (upper(DSCAT) like '%DISPO%' and coalesce(upper(DSDECOD) <> 'COMPLETED', true))
    union all
    select USUBJID, death_date from {{ ref('int_death') }}
),

end_of_participation as (
    select
        USUBJID,
        count(*) > count(end_date) as has_undated_end,
        {{ without_mark('min(earliest_first(end_date))') }} as end_date
    from ends
    where USUBJID is not null
    group by USUBJID
),

recorded as (
    select distinct USUBJID, protocol_visit from {{ ref('int_protocol_visit') }}
),

extracted as (
    select extract.site, max(extract.extract_date) as extract_date
    from {{ source('settings', 'extract') }} as extract
    where extract.source_name in (select source_name from {{ ref('sv') }})
    group by extract.site
)

select
    dm.site,
    dm.subject,
    dm.USUBJID,
    dm.dataset,
    dm.record || ' VISIT=' || planned.visit as record,
    dm.source_file,
    dm.source_row,
    planned.visit,
    planned.window_closes as due_date,
    extracted.extract_date,
    ended.USUBJID is not null
    and (ended.has_undated_end or not certainly_after(ended.end_date, planned.window_closes)) as has_left,
    recorded.USUBJID is not null as is_recorded
from {{ ref('int_visit_window') }} as planned
inner join {{ ref('int_demographics') }} as dm on planned.USUBJID = dm.USUBJID
left join extracted on dm.site = extracted.site
left join recorded on planned.USUBJID = recorded.USUBJID and planned.visit = recorded.protocol_visit
left join end_of_participation as ended on planned.USUBJID = ended.USUBJID
where planned.is_required and length(planned.anchor_date) >= 10
