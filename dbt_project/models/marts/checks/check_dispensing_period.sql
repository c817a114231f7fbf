-- Grain: one row per subject, product and dispensing period: what was dispensed at a visit, or on a day where no visit is named, what came
-- back of it, what the protocol plans until the next dispensing, and what was taken by EDC. A return belongs to the period of its kit,
-- without one to the last period that began before it; doses belong to the period of their kit, without one to that of their visit.
with movements as (
    select *, coalesce(visit, substr(movement_date, 1, 10)) as period
    from {{ ref('int_product_movement') }}
    where USUBJID is not null and kind in ('DISPENSED', 'RETURNED BY SUBJECT')
),

dispensings as (
    select
        *,
        row_number() over (partition by USUBJID, product, period order by record, source_file, source_row) as position
    from movements
    where kind = 'DISPENSED' and period is not null
),

periods as (
    select
        min(site) as site,
        min(subject) as subject,
        USUBJID,
        product,
        period,
        min(dataset) as dataset,
        max(case when position = 1 then source_file end) as source_file,
        max(case when position = 1 then source_row end) as source_row,
        case when count(*) = count(quantity) then sum(quantity) end as dispensed,
        case when min(planned_units) = max(planned_units) then max(planned_units) end as planned,
        {{ without_mark('min(earliest_first(movement_date))') }} as begins
    from dispensings
    group by USUBJID, product, period
),

-- A kit that was dispensed in two periods is of neither.
kits as (
    select USUBJID, kit, min(product) as product, min(period) as period
    from dispensings
    where kit is not null
    group by USUBJID, kit
    having min(period) = max(period)
),

-- A visit at which two products were dispensed does not say of which a dose was.
visits as (
    select USUBJID, visit, min(product) as product, min(period) as period
    from dispensings
    where visit is not null
    group by USUBJID, visit
    having count(distinct coalesce(product, '')) = 1
),

returned_movements as (
    select * from movements where kind = 'RETURNED BY SUBJECT'
),

begun_before as (
    select back.site, back.USUBJID, back.record, periods.product, periods.period, periods.begins
    from returned_movements as back
    inner join periods on back.USUBJID = periods.USUBJID and back.product is not distinct from periods.product
    where certainly_after(back.movement_date, periods.begins)
),

returns as (
    select
        back.USUBJID,
        coalesce(case when kits.kit is not null then kits.product end, begun.product) as product,
        coalesce(kits.period, begun.period) as period,
        back.quantity,
        row_number() over (
            partition by back.site, back.USUBJID, back.record order by begun.begins desc nulls last, begun.period
        ) as position
    from returned_movements as back
    left join kits on back.USUBJID = kits.USUBJID and back.kit = kits.kit
    left join begun_before as begun
        on back.site = begun.site and back.USUBJID = begun.USUBJID
        and case when kits.kit is null then back.record end = begun.record
),

returned as (
    select USUBJID, product, period, case when count(*) = count(quantity) then sum(quantity) end as quantity
    from returns
    where position = 1
    group by USUBJID, product, period
),

-- Of a dose that was not given nothing was taken, unless the record says otherwise.
doses as (
    select *, case when upper(EXOCCUR) = 'N' and units_taken_raw is null then 0 else units_taken end as units
    from {{ ref('ex') }}
),

taken as (
    select
        ex.USUBJID,
        case when kits.kit is not null then kits.product else visits.product end as product,
        coalesce(kits.period, visits.period) as period,
        case when count(*) = count(ex.units) then sum(ex.units) end as units
    from doses as ex
    left join kits on ex.USUBJID = kits.USUBJID and upper(trim(ex.kit_number)) = kits.kit
    left join visits
        on ex.USUBJID = visits.USUBJID and case when ex.kit_number is null then upper(trim(ex.VISIT)) end = visits.visit
    where ex.USUBJID is not null
    group by ex.USUBJID, case when kits.kit is not null then kits.product else visits.product end, coalesce(kits.period, visits.period)
)

select
    periods.site,
    periods.subject,
    periods.dataset,
    concat_ws(' ', 'period=' || periods.period, 'product=' || periods.product) as record,
    periods.period,
    periods.dispensed,
    returned.quantity as returned,
    periods.planned,
    taken.units as taken,
    periods.source_file,
    periods.source_row
from periods
left join returned
    on periods.USUBJID = returned.USUBJID
    and periods.period = returned.period
    and periods.product is not distinct from returned.product
left join taken
    on periods.USUBJID = taken.USUBJID
    and periods.period = taken.period
    and periods.product is not distinct from taken.product
