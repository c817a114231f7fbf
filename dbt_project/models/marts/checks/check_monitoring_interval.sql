-- Grain: one row per site of the site master that has been activated: the longest time without a monitoring visit, from the activation or a
-- visit to the next visit or the extract. Visits before the activation and after the extract do not count. The row to look at is the visit
-- from which it is counted, else the site's in the site master.
with extracts as (
    select monitoring.site, min(extract.extract_date) as extract_date
    from {{ ref('monitoring') }} as monitoring
    inner join {{ source('settings', 'extract') }} as extract
        on monitoring.site = extract.site and monitoring.source_name = extract.source_name
    group by monitoring.site
),

sites as (
    select
        master.site_id as site,
        master.activation_date,
        min(record.dataset) as dataset,
        min(record.source_file) as source_file,
        min_by(record.source_row, concat_ws(' ', record.source_file, lpad(cast(record.source_row as varchar), 12, '0'))) as source_row,
        count(*) > count(record.closure_date_raw)
        -- A site that is closed to enrolment, recruitment, accrual or screening is monitored on.
        and count(*) filter (
            where
            (upper(record.status) like '%CLOSED%' or upper(record.status) like '%TERMINATED%' or upper(record.status) like '%INACTIVE%')
            and not (
                upper(record.status) like '%ENROL%' or upper(record.status) like '%RECRUIT%'
                or upper(record.status) like '%ACCRU%' or upper(record.status) like '%SCREEN%'
            )
        ) = 0 as is_active,
        -- A file without rows has been extracted too.
        coalesce(min(extracts.extract_date), min(delivered.extract_date)) as extract_date
    from {{ ref('int_site') }} as master
    inner join {{ ref('site') }} as record on master.site_id = record.site_id
    left join extracts on master.site_id = extracts.site
    left join {{ ref('int_delivered_on') }} as delivered on master.site_id = delivered.site and delivered.dataset = 'MONITORING'
    where master.activation_date is not null
    group by master.site_id, master.activation_date
),

visits as (
    select
        *,
        coalesce(visit_start_date, visit_end_date) as begins,
        coalesce(visit_end_date, visit_start_date) as ends
    from {{ ref('monitoring') }}
    where upper(trim(record_type)) = 'VISIT'
),

unreadable as (
    select site, count(*) as visit_count
    from visits
    where begins is null and coalesce(visit_start_date_raw, visit_end_date_raw) is not null
    group by site
),

moments as (
    select site, 0 as place, activation_date as begins, activation_date as ends, '' as record, dataset, source_file, source_row
    from sites
    union all
    select visits.site, 1, visits.begins, visits.ends, visits.record, visits.dataset, visits.source_file, visits.source_row
    from visits
    inner join sites on visits.site = sites.site
    where
        visits.begins is not null
        and not certainly_after(sites.activation_date, visits.ends)
        and not certainly_after(visits.begins, sites.extract_date)
),

intervals as (
    select
        moments.*,
        lead(moments.begins) over (
            partition by moments.site order by moments.place, earliest_first(moments.begins), earliest_first(moments.ends), moments.record
        ) as next_visit_date
    from moments
),

measured as (
    select
        intervals.*,
        sites.is_active,
        sites.extract_date,
        least_days_between(intervals.ends, coalesce(intervals.next_visit_date, sites.extract_date)) as days
    from intervals
    inner join sites on intervals.site = sites.site
)

select
    measured.site,
    cast(null as varchar) as subject,
    measured.dataset,
    'site ' || measured.site as record,
    measured.is_active,
    measured.ends as last_visit_date,
    measured.next_visit_date,
    measured.extract_date,
    measured.days as days_without_visit,
    coalesce(unreadable.visit_count, 0) as unreadable_visit_count,
    measured.source_file,
    measured.source_row
from measured
left join unreadable on measured.site = unreadable.site
qualify row_number() over (
    partition by measured.site order by measured.days desc nulls last, earliest_first(measured.ends) desc, measured.place desc, measured.record
) = 1
