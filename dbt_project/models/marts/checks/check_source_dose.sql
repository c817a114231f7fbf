-- Grain: one row per dispensing to a subject, and one per kit, or else visit, of a subject's given doses that the pharmacy log does not have,
-- where the log says to whom it dispenses. A dispensing and the doses belong together by the kit, by kit and visit where the kit was dispensed
-- on several days, and where EDC has no such dose by the visit; the first dose counts. A dose that was not given is there, but its
-- date is not compared. What is missing is missing only if it lies certainly before the other side was extracted.
with doses as (
    select
        site, subject, USUBJID, dataset, source_file, source_row, record, EXSTDTC, is_administered,
        upper(trim(kit_number)) as kit,
        upper(trim(VISIT)) as visit
    from {{ ref('int_exposure') }}
    where USUBJID is not null
),

dispensed as (
    select site, subject, USUBJID, dataset, record, source_file, source_row, kit, visit, movement_date
    from {{ ref('int_product_movement') }}
    where kind = 'DISPENSED'
),

{% for name, keys in [('kit', ['kit']), ('kit_visit', ['kit', 'visit']), ('visit', ['visit'])] %}
dispensed_by_{{ name }} as (
    select
        USUBJID, {{ keys | join(', ') }},
        count(distinct coalesce(movement_date, '')) as day_count,
        count(visit) = count(*) as has_visits
    from dispensed
    where USUBJID is not null{% for key in keys %} and {{ key }} is not null{% endfor %}
    group by USUBJID, {{ keys | join(', ') }}
),
{% endfor %}

-- The dose of a kit that was dispensed at another visit says nothing of what was dispensed at its own.
placed as (
    select doses.*, by_kit.kit is null or by_kit_visit.kit is not null as is_of_visit
    from doses
    left join dispensed_by_kit as by_kit on doses.USUBJID = by_kit.USUBJID and doses.kit = by_kit.kit
    left join dispensed_by_kit_visit as by_kit_visit
        on doses.USUBJID = by_kit_visit.USUBJID and doses.kit = by_kit_visit.kit and doses.visit = by_kit_visit.visit
),

{% for name, keys in [('kit', ['kit']), ('kit_visit', ['kit', 'visit']), ('visit', ['visit'])] %}
doses_by_{{ name }} as (
    select
        USUBJID, {{ keys | join(', ') }},
        {{ without_mark('min(case when is_administered then earliest_first(EXSTDTC) end)') }} as first_date,
        count(case when is_administered then 1 end) > 0 and count(case when is_administered and EXSTDTC is null then 1 end) = 0 as is_dated,
        count(visit) = count(*) as has_visits
    from placed
    where {% for key in keys %}{{ key }} is not null{{ '' if loop.last else ' and ' }}{% endfor %}{{ ' and is_of_visit' if name == 'visit' else '' }}
    group by USUBJID, {{ keys | join(', ') }}
),
{% endfor %}

-- What says which doses a dispensing has: its kit, its kit and visit, its visit, or nothing that is certain.
keyed as (
    select
        log.*,
        case
            when log.kit is null and log.visit is null then 'unknown'
            when doses_by_kit.kit is null then 'visit'
            when by_kit.day_count = 1 then 'kit'
            when log.visit is null or not by_kit.has_visits then 'unknown'
            when doses_by_kit_visit.kit is not null and by_kit_visit.day_count > 1 then 'unknown'
            when doses_by_kit_visit.kit is not null then 'kit and visit'
            when not doses_by_kit.has_visits then 'unknown'
            else 'visit'
        end as matched_by,
        doses_by_kit.first_date as kit_date,
        doses_by_kit.is_dated as is_kit_dated,
        doses_by_kit_visit.first_date as kit_visit_date,
        doses_by_kit_visit.is_dated as is_kit_visit_dated,
        doses_by_visit.visit is not null as has_visit,
        doses_by_visit.first_date as visit_date,
        doses_by_visit.is_dated as is_visit_dated
    from dispensed as log
    left join dispensed_by_kit as by_kit on log.USUBJID = by_kit.USUBJID and log.kit = by_kit.kit
    left join dispensed_by_kit_visit as by_kit_visit
        on log.USUBJID = by_kit_visit.USUBJID and log.kit = by_kit_visit.kit and log.visit = by_kit_visit.visit
    left join doses_by_kit on log.USUBJID = doses_by_kit.USUBJID and log.kit = doses_by_kit.kit
    left join doses_by_kit_visit
        on log.USUBJID = doses_by_kit_visit.USUBJID and log.kit = doses_by_kit_visit.kit and log.visit = doses_by_kit_visit.visit
    left join doses_by_visit on log.USUBJID = doses_by_visit.USUBJID and log.visit = doses_by_visit.visit
    where log.USUBJID is not null
),

dispensings as (
    select
        keyed.*,
        case matched_by when 'kit' then kit_date when 'kit and visit' then kit_visit_date when 'visit' then visit_date end as edc,
        case
            when keyed.movement_date is null or matched_by = 'unknown' then true
            when matched_by = 'kit' then not is_kit_dated
            when matched_by = 'kit and visit' then not is_kit_visit_dated
            when has_visit then not is_visit_dated
            else not certainly_by(keyed.movement_date, edc_delivery.extract_date)
        end as is_undated
    from keyed
    left join {{ ref('int_delivered_on') }} as edc_delivery on keyed.site = edc_delivery.site and edc_delivery.dataset = 'EX'
),

-- Logs that say to whom: every source names subjects, and so does one dispensing, if there are any.
logs_with_subjects as (
    select delivery.site
    from {{ source('settings', 'delivery') }} as delivery
    inner join {{ source('settings', 'source') }} as source on delivery.source_name = source.source_name
    left join (
        select site
        from dispensed
        group by site
        having count(USUBJID) = 0
    ) as nameless on delivery.site = nameless.site
    where delivery.dataset = 'IP_LOG' and nameless.site is null
    group by delivery.site
    having count(*) = count(case when source.has_subject then 1 end)
),

-- Who received such a kit is not known; that it was dispensed is.
dispensed_to_nobody as (
    select distinct site, kit
    from dispensed
    where USUBJID is null and kit is not null
),

not_in_log as (
    select
        doses.*,
        log.extract_date,
        coalesce('kit_number=' || doses.kit, 'VISIT=' || doses.visit) as dose_key,
        row_number() over (
            partition by doses.USUBJID, coalesce('kit_number=' || doses.kit, 'VISIT=' || doses.visit)
            order by {{ blank_last('doses.EXSTDTC') }}, doses.record, doses.source_file, doses.source_row
        ) as position
    from doses
    inner join logs_with_subjects on doses.site = logs_with_subjects.site
    left join {{ ref('int_delivered_on') }} as log on doses.site = log.site and log.dataset = 'IP_LOG'
    left join dispensed_by_kit as by_kit on doses.USUBJID = by_kit.USUBJID and doses.kit = by_kit.kit
    left join dispensed_by_visit as by_visit on doses.USUBJID = by_visit.USUBJID and doses.visit = by_visit.visit
    left join dispensed_to_nobody as nobody on doses.site = nobody.site and doses.kit = nobody.kit
    where
        doses.is_administered and by_kit.kit is null and by_visit.visit is null and nobody.kit is null
        and (doses.kit is not null or doses.visit is not null)
)

select site, subject, dataset, record, source_file, source_row, edc, movement_date as log, is_undated
from dispensings
union all
select
    site, subject, dataset, dose_key, source_file, source_row, EXSTDTC, cast(null as varchar), not certainly_by(EXSTDTC, extract_date)
from not_in_log
where position = 1
