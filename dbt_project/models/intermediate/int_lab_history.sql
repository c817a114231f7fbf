-- Grain: one row per numeric laboratory result of a subject: how many other results of the same test, specimen and unit the subject has,
-- and their median. A result that names no test is of none. The values are put in order once.
with numbered as (
    select
        site, USUBJID, record, test, specimen, LBSTRESU, LBSTRESN,
        row_number() over (own_values order by LBSTRESN) as position,
        count(*) over own_values as value_count
    from (
        select *, {{ lab_test() }} as test, {{ lab_specimen() }} as specimen
        from {{ ref('lb') }}
        where LBSTRESN is not null and USUBJID is not null and {{ lab_test() }} is not null
    )
    window own_values as (partition by USUBJID, test, specimen, LBSTRESU)
),

middles as (
    select
        USUBJID, test, specimen, LBSTRESU,
        max(LBSTRESN) filter (where position = floor(value_count / 2)) as before_middle,
        max(LBSTRESN) filter (where position = floor(value_count / 2) + 1) as middle,
        max(LBSTRESN) filter (where position = floor(value_count / 2) + 2) as after_middle
    from numbered
    group by USUBJID, test, specimen, LBSTRESU
)

select
    numbered.site,
    numbered.USUBJID,
    numbered.record,
    numbered.value_count - 1 as others_count,
    {{ median_of_others() }} as others_median
from numbered
inner join middles
    on numbered.USUBJID = middles.USUBJID
    and numbered.test = middles.test
    and numbered.specimen is not distinct from middles.specimen
    and numbered.LBSTRESU is not distinct from middles.LBSTRESU
