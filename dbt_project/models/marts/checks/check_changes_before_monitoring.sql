-- Grain: one row per site with dated changes in the audit trail: how many there are and how many lie in the days before a monitoring visit, and the
-- days from the first to the last of them, and how many of those lie there. A change and a day belong to the next visit after them.
with setting as (
    select max(cast(to_number(value) as bigint)) as window_days
    from {{ source('settings', 'parameter') }}
    where check_id = 'E-09' and name = 'window_days'
),

changes as (
    select site, first_day(changed_at) as day, count(*) as changes, min(source_file) as source_file
    from {{ ref('int_data_change') }}
    where length(changed_at) >= 10
    group by site, first_day(changed_at)
),

periods as (
    select site, min(day) as first_change, max(day) as last_change from changes group by site
),

visits as (
    select distinct site, first_day(coalesce(visit_start_date, visit_end_date)) as day
    from {{ ref('monitoring') }}
    where upper(trim(record_type)) = 'VISIT' and length(coalesce(visit_start_date, visit_end_date)) >= 10
),

visits_in_order as (
    select *, lag(day) over (partition by site order by day) as day_before from visits
),

covered as (
    select
        periods.site,
        count(visit.site) as visits,
        sum(case when visit.site is not null then greatest(0, 1 + date_diff(
            'day',
            greatest(visit.day - cast(setting.window_days as integer), visit.day_before, periods.first_change),
            least(visit.day - 1, periods.last_change)
        )) end) as days
    from periods
    cross join setting
    left join visits_in_order as visit on periods.site = visit.site
    group by periods.site
),

-- The visit that follows each day with changes: the visits stand among these days, behind those of the same day.
in_order as (
    select
        site,
        day,
        changes,
        source_file,
        min(visit_day) over (partition by site order by day, is_visit rows between 1 following and unbounded following) as next_visit
    from (
        select site, day, changes, source_file, cast(null as date) as visit_day, 1 as is_visit from changes
        union all
        select site, day, 0, null, day, 0 from visits
    ) as days
)

select
    in_order.site,
    cast(null as varchar) as subject,
    'AUDIT' as dataset,
    'site' as record,
    cast(sum(changes) as bigint) as changes,
    cast(coalesce(sum(changes) filter (where date_diff('day', day, next_visit) <= setting.window_days), 0) as bigint) as changes_before,
    max(covered.visits) as visits,
    max(setting.window_days) as window_days,
    to_nine_places(
        coalesce(sum(changes) filter (where date_diff('day', day, next_visit) <= setting.window_days), 0) / cast(sum(changes) as double)
    ) as share_changes,
    to_nine_places(
        coalesce(max(covered.days), 0) / cast(max(1 + date_diff('day', periods.first_change, periods.last_change)) as double)
    ) as share_days,
    min(in_order.source_file) as source_file,
    cast(null as bigint) as source_row
from in_order
cross join setting
inner join periods on in_order.site = periods.site
inner join covered on in_order.site = covered.site
group by in_order.site
