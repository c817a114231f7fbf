-- Grain: one row per eligibility criterion and subject.
with categories as (
    select distinct upper(value) as category
    from {{ source('settings', 'parameter') }}
    where check_id = 'IE-04' and name = 'eligibility_categories'
),

deviating as (
    select distinct dv.USUBJID
    from {{ ref('dv') }} as dv
    inner join categories on upper(dv.DVCAT) = categories.category
    where dv.USUBJID is not null
)

select
    ie.*,
    enrolled.USUBJID is not null as is_enrolled,
    coalesce(upper(IECAT) = 'INCLUSION' and (upper(IEORRES) = 'N' or upper(IESTRESC) = 'N'), false)
    or coalesce(upper(IECAT) = 'EXCLUSION' and (upper(IEORRES) = 'Y' or upper(IESTRESC) = 'Y'), false) as is_violated,
    deviating.USUBJID is not null as has_eligibility_deviation
from {{ ref('ie') }} as ie
left join {{ ref('int_enrolled') }} as enrolled on ie.USUBJID = enrolled.USUBJID
left join deviating on ie.USUBJID = deviating.USUBJID
