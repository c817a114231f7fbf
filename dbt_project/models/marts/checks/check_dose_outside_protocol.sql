-- Grain: one row per administered dose of a subject before randomisation (EX-04) or of a level that the protocol does not allow (EX-05), with the fewest
-- days that can lie between it and a deviation of the subject in one of DV-05's dosing_categories: none where either has no date.
with categories as (
    select distinct upper(value) as category
    from {{ source('settings', 'parameter') }}
    where check_id = 'DV-05' and name = 'dosing_categories'
),

deviations as (
    select dv.USUBJID, dv.DVSTDTC
    from {{ ref('dv') }} as dv
    inner join categories on upper(dv.DVCAT) = categories.category
    where dv.USUBJID is not null
),

doses as (
    select *
    from {{ ref('int_exposure') }}
    where USUBJID is not null and (coalesce(is_before_randomization, false) or not coalesce(is_allowed_level, true))
)

select
    doses.site,
    doses.subject,
    doses.dataset,
    doses.record,
    doses.EXTRT,
    doses.EXDOSE,
    doses.EXSTDTC,
    min(case when deviations.USUBJID is not null then days_apart(deviations.DVSTDTC, doses.EXSTDTC) end) as days_to_dosing_deviation,
    doses.source_file,
    doses.source_row
from doses
left join deviations on doses.USUBJID = deviations.USUBJID
group by all
