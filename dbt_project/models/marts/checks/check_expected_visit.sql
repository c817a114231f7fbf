-- Grain: one row per subject and required visit of the schedule whose planned day is certain. The row to look at is the subject's in
-- demographics. A subject has left when a disposition event may have ended treatment or study by the end of the visit's window.
with ends as (
    select USUBJID, DSSTDTC as end_date
    from {{ ref('ds') }}
    where
        upper(DSCAT) like '%DISPO%'
        and (
            coalesce(upper(DSDECOD) <> 'COMPLETED', true) or upper(DSSCAT) like '%STUDY DISCON%'
            or upper(DSSCAT) in ('STUDY COMPLETION/EARLY DISCONTINUATION', 'STUDY EARLY DISCONTINUATION/COMPLETION')
        )
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
    select USUBJID, VISITNUM, upper(VISIT) as visit_key
    from {{ ref('sv') }}
    where USUBJID is not null
    group by USUBJID, VISITNUM, upper(VISIT)
),

extracted as (
    select sv.site, max(extract.extract_date) as extract_date
    from (select site, source_name from {{ ref('sv') }} group by site, source_name) as sv
    inner join {{ source('settings', 'extract') }} as extract on sv.site = extract.site and sv.source_name = extract.source_name
    group by sv.site
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
    exists (
        select 1 from recorded
        where
            recorded.USUBJID = planned.USUBJID
            and (recorded.VISITNUM = planned.visitnum or recorded.visit_key = upper(planned.visit))
    ) as is_recorded
from {{ ref('int_visit_window') }} as planned
inner join {{ ref('int_demographics') }} as dm on planned.USUBJID = dm.USUBJID
left join extracted on dm.site = extracted.site
left join end_of_participation as ended on planned.USUBJID = ended.USUBJID
where planned.is_required and length(planned.anchor_date) >= 10
