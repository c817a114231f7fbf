-- Grain: one row per site and kit that its list has, in capitals; of a kit that is there twice, the first by its record.
with listed as (
    select
        *,
        upper(trim(kit_number)) as kit,
        upper(trim(storage_unit)) as unit,
        upper(trim(VISIT)) as visit_name,
        row_number() over (partition by site, upper(trim(kit_number)) order by record, subject) as position
    from {{ ref('kit') }}
    where kit_number is not null
)

select
    site,
    subject,
    USUBJID,
    dataset,
    record,
    source_file,
    source_row,
    kit,
    kit_number,
    unit,
    visit_name as visit,
    VISIT as visit_as_delivered,
    received_date,
    expiry_date,
    extended_expiry_date,
    extended_expiry_date_raw,
    extension_date,
    dispense_by_date,
    days_supplied,
    upper(trim(disposition)) as disposition,
    disposition_date,
    disposition_date_raw
from listed
where position = 1
