-- Grain: one row per dispensing of a kit to a subject, and one per kit that is assigned to a subject and has to be dispensed by a date; at sites
-- where kits are assigned. `dispensed` is blank where the assigned kit was certainly not dispensed to the subject by then.
with assignments as (
    select * from {{ ref('int_kit') }} where USUBJID is not null
),

dispensings as (
    select
        log.*,
        kit.kit is not null
        and (kit.visit is null or log.visit is null or kit.visit = log.visit) as is_assigned
    from {{ ref('int_product_movement') }} as log
    left join assignments as kit on log.site = kit.site and log.kit = kit.kit and log.USUBJID = kit.USUBJID
    where
        log.kind = 'DISPENSED' and log.kit is not null and log.USUBJID is not null
        and log.site in (select site from assignments)
),

assigned_at_visit as (
    select USUBJID, visit, string_agg(kit_number, ', ' order by kit_number) as kits
    from assignments
    where visit is not null
    group by USUBJID, visit
),

dispensed_kits as (
    select
        site, USUBJID, kit,
        count(*) > count(movement_date) as has_undated,
        {{ without_mark('min(earliest_first(movement_date))') }} as first_date
    from dispensings
    group by site, USUBJID, kit
),

-- Where another kit was given in its place, the finding is on that one.
replaced as (
    select distinct USUBJID, visit from dispensings where not is_assigned and visit is not null
),

extracted as (
    select extract.site, min(extract.extract_date) as extract_date
    from {{ source('settings', 'extract') }} as extract
    where extract.source_name in (select source_name from {{ ref('ip_log') }})
    group by extract.site
)

select
    log.site,
    log.subject,
    log.dataset,
    log.record,
    log.visit_as_delivered as VISIT,
    case when log.is_assigned then log.kit_number else at_visit.kits end as assigned,
    log.kit_number as dispensed,
    cast(null as varchar) as dispense_by_date,
    cast(null as varchar) as extract_date,
    false as is_replaced,
    log.source_file,
    log.source_row
from dispensings as log
left join assigned_at_visit as at_visit on log.USUBJID = at_visit.USUBJID and log.visit = at_visit.visit
union all
select
    kit.site,
    kit.subject,
    kit.dataset,
    kit.record,
    kit.visit_as_delivered,
    kit.kit_number,
    case
        when given.kit is not null and (given.has_undated or not certainly_after(given.first_date, kit.dispense_by_date))
            then kit.kit_number
    end,
    kit.dispense_by_date,
    extracted.extract_date,
    replaced.USUBJID is not null,
    kit.source_file,
    kit.source_row
from assignments as kit
left join dispensed_kits as given on kit.site = given.site and kit.USUBJID = given.USUBJID and kit.kit = given.kit
left join replaced on kit.USUBJID = replaced.USUBJID and kit.visit = replaced.visit
left join extracted on kit.site = extracted.site
where kit.dispense_by_date is not null
