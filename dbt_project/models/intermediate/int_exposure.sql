-- Grain: one row per dosing record, with what the protocol says of it. A dose was administered when EXOCCUR says so, or when the site does
-- not deliver that item. `is_before_randomization` and `is_allowed_level` are null where EX-04 and EX-05 do not look: DV-05 reads them too.
with exposure as (
    select
        ex.*,
        coalesce(upper(ex.EXOCCUR) = 'Y', not coalesce(occurrence.delivered, false)) as is_administered
    from {{ ref('ex') }} as ex
    left join {{ source('settings', 'availability') }} as occurrence
        on ex.site = occurrence.site and occurrence.dataset = 'EX' and occurrence.variable = 'EXOCCUR'
),

-- EX-04 exclude_treatments: run-in treatments, which are given before randomisation.
run_in as (
    select distinct upper(value) as treatment
    from {{ source('settings', 'parameter') }}
    where check_id = 'EX-04' and name = 'exclude_treatments'
),

-- EX-05 allowed_levels: an item is TREATMENT=DOSE UNIT|DOSE UNIT, for one arm alone TREATMENT@ARMCD=...; a level may be without unit.
configured as (
    select
        upper(trim(split_part(split_part(value, '=', 1), '@', 1))) as treatment,
        nullif(upper(trim(split_part(split_part(value, '=', 1), '@', 2))), '') as cohort,
        unnest(string_split(split_part(value, '=', 2), '|')) as level
    from {{ source('settings', 'parameter') }}
    where check_id = 'EX-05' and name = 'allowed_levels'
),

allowed as (
    select
        treatment,
        cohort,
        to_number(split_part(trim(level), ' ', 1)) as dose,
        nullif(upper(trim(substr(trim(level), length(split_part(trim(level), ' ', 1)) + 1))), '') as unit,
        coalesce(tolerance.share, 0) as tolerance
    from configured
    left join (
        select cast(value as double) as share
        from {{ source('settings', 'parameter') }}
        where check_id = 'EX-05' and name = 'tolerance'
    ) as tolerance on true
),

-- The levels of the subject's own arm come before those of the treatment alone. A blank unit is EX-07's and fits every level.
compared as (
    select
        site, USUBJID, record,
        case when count(cohort) > 0 then bool_or(is_met) filter (where cohort is not null) else bool_or(is_met) end as is_allowed_level
    from (
        select
            exposure.site, exposure.USUBJID, exposure.record, allowed.cohort,
            to_nine_places(abs(exposure.EXDOSE - allowed.dose) - allowed.tolerance * allowed.dose) <= 0
            and coalesce(upper(exposure.EXDOSU) = allowed.unit, true) as is_met
        from exposure
        left join {{ ref('int_demographics') }} as dm on exposure.USUBJID = dm.USUBJID
        inner join allowed
            on upper(exposure.EXTRT) = allowed.treatment
            and (allowed.cohort is null or allowed.cohort = upper(dm.ARMCD))
        where exposure.is_administered and exposure.EXDOSE is not null
    )
    group by site, USUBJID, record
)

select
    exposure.*,
    randomization.randomization_date,
    case
        when
            exposure.is_administered and run_in.treatment is null
            and exposure.EXSTDTC is not null and randomization.randomization_date is not null
            then certainly_after(randomization.randomization_date, exposure.EXSTDTC)
    end as is_before_randomization,
    compared.is_allowed_level
from exposure
left join {{ ref('int_randomization') }} as randomization on exposure.USUBJID = randomization.USUBJID
left join run_in on upper(exposure.EXTRT) = run_in.treatment
left join compared
    on exposure.site = compared.site and exposure.USUBJID is not distinct from compared.USUBJID and exposure.record = compared.record
