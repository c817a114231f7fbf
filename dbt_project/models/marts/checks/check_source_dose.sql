-- Grain: one row per dispensing to a subject, and one per kit, or else visit, of a subject's given doses that the pharmacy log does not have.
-- A dispensing and the doses belong together by the kit, and where EDC has no dose of that kit by the visit; the first dose counts.
-- A dose that was not given is there, but its date is not compared.
with doses as (
    select
        site, subject, USUBJID, dataset, source_file, source_row, record, EXSTDTC, is_administered,
        upper(trim(kit_number)) as kit,
        upper(trim(VISIT)) as visit
    from {{ ref('int_exposure') }}
    where USUBJID is not null
),

{% for key in ['kit', 'visit'] %}
doses_by_{{ key }} as (
    select
        USUBJID,
        {{ key }},
        {{ without_mark('min(case when is_administered then earliest_first(EXSTDTC) end)') }} as first_date,
        count(case when is_administered then 1 end) > 0 and count(case when is_administered and EXSTDTC is null then 1 end) = 0 as is_dated
    from doses
    where {{ key }} is not null
    group by USUBJID, {{ key }}
),

dispensed_by_{{ key }} as (
    select distinct USUBJID, {{ key }}
    from {{ ref('int_product_movement') }}
    where kind = 'DISPENSED' and USUBJID is not null and {{ key }} is not null
),
{% endfor %}

dispensings as (
    select
        log.site,
        log.subject,
        log.dataset,
        log.record,
        log.source_file,
        log.source_row,
        case when by_kit.kit is not null then by_kit.first_date else by_visit.first_date end as edc,
        log.movement_date as log,
        case
            when log.movement_date is null then true
            when by_kit.kit is not null then not by_kit.is_dated
            when by_visit.visit is not null then not by_visit.is_dated
            else log.kit is null and log.visit is null
        end as is_undated
    from {{ ref('int_product_movement') }} as log
    left join doses_by_kit as by_kit on log.USUBJID = by_kit.USUBJID and log.kit = by_kit.kit
    left join doses_by_visit as by_visit on log.USUBJID = by_visit.USUBJID and log.visit = by_visit.visit
    where log.kind = 'DISPENSED' and log.USUBJID is not null
),

not_in_log as (
    select
        doses.*,
        coalesce('kit_number=' || doses.kit, 'VISIT=' || doses.visit) as dose_key,
        row_number() over (
            partition by doses.USUBJID, coalesce('kit_number=' || doses.kit, 'VISIT=' || doses.visit)
            order by {{ blank_last('doses.EXSTDTC') }}, doses.record, doses.source_file, doses.source_row
        ) as position
    from doses
    left join dispensed_by_kit as by_kit on doses.USUBJID = by_kit.USUBJID and doses.kit = by_kit.kit
    left join dispensed_by_visit as by_visit on doses.USUBJID = by_visit.USUBJID and doses.visit = by_visit.visit
    where
        doses.is_administered and by_kit.kit is null and by_visit.visit is null
        and (doses.kit is not null or doses.visit is not null)
)

select * from dispensings
union all
select site, subject, dataset, dose_key, source_file, source_row, EXSTDTC, cast(null as varchar), EXSTDTC is null
from not_in_log
where position = 1
