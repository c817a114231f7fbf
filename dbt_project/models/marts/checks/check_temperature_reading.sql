-- Grain: one row per reading of a storage unit that stores kits, with the reading before it. A unit stores product from the first receipt of
-- a kit on until none of its kits is left; both readings lie in that time, or on its first or last day.
with left_storage as (
    select site, kit, max(movement_date) as left_date
    from {{ ref('int_product_movement') }}
    where kind in ('DISPENSED', 'RETURNED TO SPONSOR', 'DESTROYED', 'LOST') and kit is not null
    group by site, kit
),

storage as (
    select
        kit.site,
        kit.unit,
        {{ without_mark('min(earliest_first(kit.received_date))') }} as first_receipt,
        case when count(*) = count(left_storage.left_date) then max(left_storage.left_date) end as last_disposition
    from {{ ref('int_kit') }} as kit
    left join left_storage on kit.site = left_storage.site and kit.kit = left_storage.kit
    where kit.unit is not null
    group by kit.site, kit.unit
),

readings as (
    select
        log.*,
        storage.first_receipt,
        storage.last_disposition,
        lag(log.reading_date) over (
            partition by log.site, storage.unit order by log.reading_date, log.content_hash, log.source_file, log.source_row
        ) as previous_reading_date
    from {{ ref('temp_log') }} as log
    inner join storage on log.site = storage.site and upper(trim(log.storage_unit)) = storage.unit
    where log.temperature_raw is not null and length(log.reading_date) >= 10 and storage.first_receipt is not null
)

select
    *,
    previous_reading_date is not null
    and not certainly_after(first_receipt, previous_reading_date)
    and not certainly_after(reading_date, last_disposition) as is_storing,
    to_nine_places(least_hours_between(previous_reading_date, reading_date)) as gap_hours,
    to_nine_places({{ least_weekday_hours_between('previous_reading_date', 'reading_date') }}) as weekday_gap_hours
from readings
