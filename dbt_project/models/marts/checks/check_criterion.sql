-- Grain: one row per eligibility criterion and subject. When the subject's eligibility was assessed as a whole is told at the criterion that
-- was assessed last, where `assessment_number` is 1.
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
    criterion.*,
    enrolled.USUBJID is not null as is_enrolled,
    deviating.USUBJID is not null as has_eligibility_deviation,
    case when criterion.USUBJID is not null then row_number() over (
        partition by criterion.USUBJID
        order by criterion.IEDTC desc nulls last, criterion.content_hash, criterion.source_file, criterion.source_row
    ) end as assessment_number,
    randomization.randomization_date,
    eligibility.eligibility_date,
    eligibility.eligibility_entry_date,
    case
        when not certainly_after(eligibility.eligibility_date, randomization.randomization_date) then 'minor'
    end as late_eligibility_severity
from {{ ref('int_criterion') }} as criterion
left join {{ ref('int_enrolled') }} as enrolled on criterion.USUBJID = enrolled.USUBJID
left join deviating on criterion.USUBJID = deviating.USUBJID
left join {{ ref('int_randomization') }} as randomization on criterion.USUBJID = randomization.USUBJID
left join {{ ref('int_eligibility') }} as eligibility on criterion.USUBJID = eligibility.USUBJID
