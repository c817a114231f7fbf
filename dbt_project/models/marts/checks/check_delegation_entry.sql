-- Grain: one row per entry of the delegation log that was not cancelled. `departure_date` is the last day of a person of whom no line of
-- the list leaves it blank. `conflicting_task` is a blinded task that the person has beside an unblinded one for certain (DOA-05), and
-- `shared_from` the first day of both.
with departures as (
    select site, coalesce(person_id, name) as person, max(departure_date) as departure_date
    from {{ ref('person') }}
    group by site, coalesce(person_id, name)
    having count(*) = count(departure_date)
),

entries as (
    select
        entry.*,
        unblinded_task.value is not null as is_unblinded,
        blinded_task.value is not null as is_blinded,
        entry.end_date is null and entry.end_date_raw is null as is_open
    from {{ ref('int_delegation') }} as entry
    left join (
        select distinct upper(trim(value)) as value from {{ source('settings', 'parameter') }}
        where check_id = 'DOA-05' and name = 'unblinded_tasks'
    ) as unblinded_task on entry.task = unblinded_task.value
    left join (
        select distinct upper(trim(value)) as value from {{ source('settings', 'parameter') }}
        where check_id = 'DOA-05' and name = 'blinded_tasks'
    ) as blinded_task on entry.task = blinded_task.value
),

-- Two spans share a day for certain when each has begun before the other ends, whatever their dates leave open.
conflicts as (
    select
        unblinded.source_name, unblinded.source_file, unblinded.source_row,
        min(greatest(unblinded.start_date, blinded.start_date)) as shared_from,
        min_by(blinded.task, greatest(unblinded.start_date, blinded.start_date) || ' ' || blinded.task) as conflicting_task
    from entries as unblinded
    inner join entries as blinded
        on
            unblinded.site = blinded.site
            and upper(unblinded.person) = upper(blinded.person)
            and (blinded.is_open or certainly_by(unblinded.start_date, blinded.end_date))
            and (unblinded.is_open or certainly_by(blinded.start_date, unblinded.end_date))
    where
        unblinded.is_unblinded
        and blinded.is_blinded
        and unblinded.start_date is not null
        and blinded.start_date is not null
    group by unblinded.source_name, unblinded.source_file, unblinded.source_row
),

study as (
    select coalesce(bool_or(is_unblinded), false) as has_unblinded_tasks from entries
)

select
    entry.site,
    entry.subject,
    entry.dataset,
    entry.record,
    entry.source_file,
    entry.source_row,
    entry.person,
    entry.task,
    entry.start_date,
    entry.end_date,
    entry.end_date_raw,
    entry.pi_sign_date,
    entry.pi_sign_date_raw,
    departures.departure_date,
    study.has_unblinded_tasks,
    conflicts.conflicting_task,
    conflicts.shared_from
from entries as entry
cross join study
left join departures on entry.site = departures.site and entry.person = departures.person
left join conflicts
    on entry.source_file = conflicts.source_file and entry.source_row = conflicts.source_row
    and entry.source_name is not distinct from conflicts.source_name
