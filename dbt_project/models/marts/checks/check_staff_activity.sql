-- Grain: one row per person, kind of activity that DOA-01 task_map knows, and run of its days, one behind the other, that lie all within a
-- delegation of the person for it or all outside. Dates that are open may lie within: what is not certain is no day outside. An entry of
-- somebody whom the list does not know may be that of whoever has no entry under a known name.
with tasks as (
    select distinct activity, upper(trim(task)) as task
    from (
        select upper(trim(split_part(value, '=', 1))) as activity, unnest(string_split(split_part(value, '=', 2), '|')) as task
        from {{ source('settings', 'parameter') }}
        where check_id = 'DOA-01' and name = 'task_map'
    ) as items
),

delegations as (
    select entry.site, entry.person, entry.is_listed_person, tasks.activity, entry.start_date, entry.end_date
    from {{ ref('int_delegation') }} as entry
    inner join tasks on entry.task = tasks.task
    where entry.person is not null
),

logged as (
    select distinct site, person from {{ ref('int_delegation') }}
),

days as (
    select
        activity.site,
        activity.person,
        activity.activity,
        activity.activity_date,
        min(activity.dataset) as dataset,
        min(activity.source_file) as source_file,
        min(activity.source_row) as source_row
    from {{ ref('int_activity') }} as activity
    where activity.activity in (select activity from tasks)
    group by activity.site, activity.person, activity.activity, activity.activity_date
),

delegated as (
    select distinct days.site, days.person, days.activity, days.activity_date
    from days
    inner join delegations as delegation on days.site = delegation.site and days.activity = delegation.activity
    left join logged on days.site = logged.site and days.person = logged.person
    where
        (days.person = delegation.person or (logged.person is null and not delegation.is_listed_person))
        and not certainly_after(delegation.start_date, days.activity_date)
        and not certainly_after(days.activity_date, delegation.end_date)
),

judged as (
    select days.*, delegated.site is not null as is_delegated
    from days
    left join delegated
        on days.site = delegated.site and days.activity = delegated.activity
        and days.person is not distinct from delegated.person and days.activity_date is not distinct from delegated.activity_date
),

numbered as (
    select
        *,
        row_number() over (partition by site, person, activity order by activity_date)
        - row_number() over (partition by site, person, activity, is_delegated order by activity_date) as run
    from judged
),

runs as (
    select
        site,
        person,
        activity,
        is_delegated,
        run,
        min(activity_date) as first_date,
        max(activity_date) as last_date,
        count(*) as day_count,
        min(dataset) as dataset,
        min_by(source_file, activity_date) as source_file,
        min_by(source_row, activity_date) as source_row
    from numbered
    group by site, person, activity, is_delegated, run
)

select
    runs.site,
    cast(null as varchar) as subject,
    runs.dataset,
    'person=' || runs.person || ' activity=' || runs.activity || ' from=' || runs.first_date as record,
    runs.source_file,
    runs.source_row,
    runs.person,
    runs.activity,
    runs.first_date,
    runs.last_date,
    runs.day_count,
    runs.first_date || case when runs.day_count > 1 then ' to ' || runs.last_date else '' end as days,
    runs.is_delegated,
    investigator.site is not null as is_investigator
from runs
left join {{ ref('int_investigator') }} as investigator
    on runs.site = investigator.site and upper(runs.person) = investigator.person_key
