-- Grain: one row per person and GCP certificate after which that person is recorded with an activity before the next certificate: the last
-- of these activities. Of certificates whose order the dates leave open the one that may be latest counts.
with certificates as (
    select distinct site, person, completion_date
    from {{ ref('int_training') }}
    where course = 'GCP' and completion_date is not null
),

unreadable as (
    select distinct site, person
    from {{ ref('int_training') }}
    where course = 'GCP' and completion_date is null and completion_date_raw is not null
),

latest as (
    select
        activity.site, activity.person, activity.activity, activity.activity_date,
        activity.dataset, activity.source_file, activity.source_row,
        max_by(
            certificate.completion_date, cast(final_day(certificate.completion_date) as varchar) || certificate.completion_date
        ) as gcp_date
    from {{ ref('int_activity') }} as activity
    inner join certificates as certificate
        on
            activity.site = certificate.site
            and activity.person = certificate.person
            and not certainly_after(certificate.completion_date, activity.activity_date)
    group by
        activity.site, activity.person, activity.activity, activity.activity_date,
        activity.dataset, activity.source_file, activity.source_row
)

select
    latest.site,
    cast(null as varchar) as subject,
    max_by(latest.dataset, latest.activity_date || ' ' || latest.activity) as dataset,
    'person=' || latest.person || ' gcp=' || latest.gcp_date as record,
    max_by(latest.source_file, latest.activity_date || ' ' || latest.activity) as source_file,
    max_by(latest.source_row, latest.activity_date || ' ' || latest.activity) as source_row,
    latest.person,
    latest.gcp_date,
    max(latest.activity_date) as last_activity_date
from latest
left join unreadable on latest.site = unreadable.site and latest.person = unreadable.person
where unreadable.site is null
group by latest.site, latest.person, latest.gcp_date
