-- Grain: one row per dispensing of a kit that the list of kits has: its expiry on that date, and the last excursion of its storage before it.
with monitored as (
    select distinct site, upper(trim(storage_unit)) as unit
    from {{ ref('temp_log') }}
    where temperature is not null and length(reading_date) >= 10
),

dispensings as (
    select
        log.site,
        log.subject,
        log.dataset,
        log.record,
        log.source_file,
        log.source_row,
        log.kit_number,
        log.movement_date as dispensed,
        kit.unit,
        kit.received_date,
        kit.days_supplied,
        -- An extension without a date may be in force: it is not certain that it is not.
        case
            when kit.extended_expiry_date_raw is not null and not certainly_after(kit.extension_date, log.movement_date)
                then kit.extended_expiry_date
            else kit.expiry_date
        end as expiry,
        case
            when length(log.movement_date) >= 10 and kit.days_supplied is not null
                then {{ iso_day('first_day(log.movement_date)', 'kit.days_supplied') }}
        end as last_planned_use,
        case when kit.disposition = 'USABLE' then kit.disposition_date end as disposition,
        coalesce(kit.disposition = 'USABLE', false) and kit.disposition_date_raw is not null and kit.disposition_date is null
            as is_disposition_unreadable
    from {{ ref('int_product_movement') }} as log
    inner join {{ ref('int_kit') }} as kit on log.site = kit.site and log.kit = kit.kit
    where log.kind = 'DISPENSED' and log.movement_date is not null
),

excursions as (
    select dispensings.site, dispensings.subject, dispensings.record, excursion.excursion, excursion.excursion_start, excursion.excursion_end
    from dispensings
    inner join {{ ref('int_temperature_excursion') }} as excursion
        on dispensings.site = excursion.site and dispensings.unit = excursion.unit
    where
        certainly_after(dispensings.dispensed, excursion.excursion_start)
        and certainly_by(dispensings.received_date, excursion.excursion_end)
),

-- A disposition that comes after the last excursion and before the dispensing does so for all excursions.
with_excursion as (
    select
        dispensings.*,
        excursions.excursion,
        row_number() over (
            partition by dispensings.site, dispensings.subject, dispensings.record
            order by excursions.excursion_start desc nulls last, excursions.excursion_end desc
        ) as position
    from dispensings
    left join excursions
        on dispensings.site = excursions.site
        and dispensings.subject is not distinct from excursions.subject
        and dispensings.record = excursions.record
)

select
    with_excursion.* exclude (position, unit),
    with_excursion.unit as storage_unit,
    split_part(with_excursion.excursion, '/', 1) as excursion_start,
    with_excursion.expiry || case when certainly_after(with_excursion.dispensed, with_excursion.expiry) then '' else ' (expires during use)' end
        as expiry_text,
    monitored.unit is not null and with_excursion.received_date is not null as is_monitored
from with_excursion
left join monitored on with_excursion.site = monitored.site and with_excursion.unit = monitored.unit
where with_excursion.position = 1
