-- Grain: one row per protocol deviation; `deviation` is what it is called, by the best name that was delivered.
with eligibility_categories as (
    select distinct upper(value) as category
    from {{ source('settings', 'parameter') }}
    where check_id = 'IE-05' and name = 'eligibility_categories'
),

violations as (
    select USUBJID, count(*) as violation_count
    from {{ ref('int_criterion') }}
    where is_violated and USUBJID is not null
    group by USUBJID
)

select
    dv.*,
    coalesce(dv.DVTERM, dv.DVDECOD, dv.DVCAT) as deviation,
    consent.consent_date,
    extract.extract_date,
    eligibility_categories.category is not null as is_eligibility_deviation,
    coalesce(violations.violation_count, 0) as violation_count
from {{ ref('dv') }} as dv
left join {{ ref('int_first_consent') }} as consent on dv.USUBJID = consent.USUBJID
left join {{ source('settings', 'extract') }} as extract on dv.site = extract.site and dv.source_name = extract.source_name
left join eligibility_categories on upper(dv.DVCAT) = eligibility_categories.category
left join violations on dv.USUBJID = violations.USUBJID
