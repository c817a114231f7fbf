-- Grain: one row per visit record whose subject has a deviation in one of DV-01's window_categories: the fewest days that can lie between
-- the visit and such a deviation, none where the deviation names the visit.
with categories as (
    select upper(value) as category
    from {{ source('settings', 'parameter') }}
    where check_id = 'DV-01' and name = 'window_categories'
)

select
    visit.site,
    visit.USUBJID,
    visit.record,
    min(case
        when upper(deviation.VISIT) = upper(visit.VISIT) then 0
        else days_apart(deviation.DVSTDTC, visit.SVSTDTC)
    end) as days_to_window_deviation
from {{ ref('sv') }} as visit
inner join {{ ref('dv') }} as deviation on visit.USUBJID = deviation.USUBJID
inner join categories on upper(deviation.DVCAT) = categories.category
where upper(deviation.VISIT) = upper(visit.VISIT) or (deviation.DVSTDTC is not null and visit.SVSTDTC is not null)
group by visit.site, visit.USUBJID, visit.record
