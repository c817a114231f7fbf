-- Grain: one row per site and user who changed values that existed, at a stated time: the most items in any window of E-04's window_hours, the row
-- at which that many was reached, and the median over the windows of the clock in which the user changed any. An item that is changed again
-- within a window counts once. Systems are left out.
{% set tie_order = 'subject, record, source_file, source_row' %}
with setting as (
    select max(60 * to_number(value)) as minutes
    from {{ source('settings', 'parameter') }}
    where check_id = 'E-04' and name = 'window_hours'
),

changes as (
    select
        change.*,
        setting.minutes,
        minute_of(changed_at) as minute,
        lag(minute_of(changed_at)) over item_order as minute_before,
        lead(minute_of(changed_at)) over item_order as minute_after
    from {{ ref('int_data_change') }} as change
    cross join setting
    where length(changed_at) = 16 and old_value is not null and person is not null and not is_by_system
    window item_order as (partition by site, person, item order by changed_at, {{ tie_order }})
),

-- An item comes into the window with a change and leaves it when none of it lies within the window any more.
steps as (
    select *, minute as at_minute, 1 as step
    from changes
    where coalesce(minute - minute_before >= minutes, true)
    union all
    select *, minute + minutes, -1
    from changes
    where coalesce(minute_after - minute >= minutes, true)
),

counted as (
    select
        *,
        sum(step) over (
            partition by site, person order by at_minute, step, {{ tie_order }}
            rows between unbounded preceding and current row
        ) as changes
    from steps
),

most as (
    select *, row_number() over (partition by site, person order by changes desc, at_minute, {{ tie_order }}) as position
    from counted
    where step = 1
),

active_windows as (
    select site, person, count(distinct item) as changes
    from changes
    group by site, person, floor(minute / minutes)
),

usual as (
    select site, person, median(changes) as median_changes
    from active_windows
    group by site, person
)

select
    most.site,
    cast(null as varchar) as subject,
    most.dataset,
    'user=' || most.person as record,
    most.person,
    cast(most.changes as bigint) as changes,
    cast(usual.median_changes as double) as median_changes,
    substr(most.changed_at, 1, 10) as changed_on,
    most.source_file,
    most.source_row
from most
inner join usual on most.site = usual.site and most.person = usual.person
where most.position = 1
