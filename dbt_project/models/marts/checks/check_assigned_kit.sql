-- Grain: one row per dispensing of a kit to a subject, and one per kit that is assigned to a subject and has to be dispensed by a date; at sites
-- where kits are assigned. `dispensed` is blank where the assigned kit was certainly not dispensed to the subject by then; a kit that the log
-- dispenses to nobody may be the subject's. A kit that is not assigned is looked at when it was dispensed before the list of kits was
-- extracted: it may have been assigned since.
with assignments as (
    select * from {{ ref('int_kit') }} where USUBJID is not null
),

dispensings as (
    select
        log.*,
        kit.kit is not null
        and (kit.visit is null or log.visit is null or kit.visit = log.visit) as is_assigned,
        certainly_by(log.movement_date, listed.extract_date) or certainly_by(extract.extract_date, listed.extract_date) as is_before_list
    from {{ ref('int_product_movement') }} as log
    left join assignments as kit on log.site = kit.site and log.kit = kit.kit and log.USUBJID = kit.USUBJID
    left join {{ ref('int_delivered_on') }} as listed on log.site = listed.site and listed.dataset = 'KIT'
    left join {{ source('settings', 'extract') }} as extract on log.site = extract.site and log.source_name = extract.source_name
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
    from {{ ref('int_product_movement') }}
    where kind = 'DISPENSED' and kit is not null
    group by site, USUBJID, kit
),

-- Where another kit was given in its place, the finding is on that one.
replaced as (
    select distinct USUBJID, visit from dispensings where not is_assigned and visit is not null
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
where log.is_assigned or log.is_before_list
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
        when nobody.kit is not null and (nobody.has_undated or not certainly_after(nobody.first_date, kit.dispense_by_date))
            then kit.kit_number
    end,
    kit.dispense_by_date,
    delivered.extract_date,
    replaced.USUBJID is not null,
    kit.source_file,
    kit.source_row
from assignments as kit
left join dispensed_kits as given on kit.site = given.site and kit.USUBJID = given.USUBJID and kit.kit = given.kit
left join dispensed_kits as nobody on kit.site = nobody.site and nobody.USUBJID is null and kit.kit = nobody.kit
left join replaced on kit.USUBJID = replaced.USUBJID and kit.visit = replaced.visit
left join {{ ref('int_delivered_on') }} as delivered on kit.site = delivered.site and delivered.dataset = 'IP_LOG'
where kit.dispense_by_date is not null
