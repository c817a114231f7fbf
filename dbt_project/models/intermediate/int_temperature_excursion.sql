-- Grain: one row per storage unit and excursion: a run of readings outside the limits of IP-02 that follow each other, from the first of which
-- to the last more than max_minutes lie for certain; among the readings of one logger, or among all of the unit, of which a moment is
-- outside when one of its readings is. `excursion` is its start and length, as ISO 8601 writes an interval.
with limits as (
    select
        max(case when name = 'min' then cast(value as double) end) as lowest,
        max(case when name = 'max' then cast(value as double) end) as highest,
        max(case when name = 'max_minutes' then cast(value as double) end) as max_minutes
    from {{ source('settings', 'parameter') }}
    where check_id = 'IP-02'
),

readings as (
    select
        log.site,
        upper(trim(log.storage_unit)) as unit,
        upper(trim(log.logger)) as logger,
        log.reading_date,
        log.temperature < limits.lowest or log.temperature > limits.highest as is_outside,
        limits.max_minutes
    from {{ ref('temp_log') }} as log
    inner join limits on true
    where log.temperature is not null and length(log.reading_date) >= 10 and log.storage_unit is not null
),

-- Of two loggers one may stay inside while the other does not, and one may take over where the other stops.
moments as (
    select site, unit, '' as series, reading_date, bool_or(is_outside) as is_outside, max(max_minutes) as max_minutes
    from readings
    group by site, unit, reading_date
    union all
    select site, unit, logger, reading_date, bool_or(is_outside), max(max_minutes)
    from readings
    where logger is not null
    group by site, unit, logger, reading_date
),

numbered as (
    select *, row_number() over (partition by site, unit, series order by reading_date) as reading_number
    from moments
),

-- Readings outside that follow each other have the same distance between their numbers among all and among those outside.
outside as (
    select *, reading_number - row_number() over (partition by site, unit, series order by reading_number) as run
    from numbered
    where is_outside
),

runs as (
    select
        site,
        unit,
        min(reading_date) as excursion_start,
        max(reading_date) as excursion_end,
        max(max_minutes) as max_minutes,
        cast(round(least_hours_between(min(reading_date), max(reading_date)) * 60) as bigint) as minutes
    from outside
    group by site, unit, series, run
)

select distinct
    site,
    unit,
    excursion_start,
    excursion_end,
    minutes,
    excursion_start || '/PT'
    || case when minutes >= 60 then cast(floor(minutes / 60) as integer) || 'H' else '' end
    || case when minutes % 60 > 0 then (minutes % 60) || 'M' else '' end as excursion
from runs
where minutes > max_minutes
