-- Grain: one row per disposition record, with what it says. What is blank says nothing; `is_discontinuation` is of other things than treatment.
with disposition as (
    select
        *,
        coalesce(upper(DSCAT), '') as category,
        coalesce(upper(DSSCAT), '') as subcategory,
        coalesce(upper(DSDECOD), '') as decoded,
        coalesce(upper(DSTERM), '') as term
    from {{ ref('ds') }}
)

select
    * exclude (category, subcategory, decoded, term),
    USUBJID is not null and decoded like '%RANDOMIZ%' as is_randomization,
    category like '%DISPO%' and (
        subcategory like '%STUDY DISCON%'
        or subcategory in ('STUDY COMPLETION/EARLY DISCONTINUATION', 'STUDY EARLY DISCONTINUATION/COMPLETION')
    ) as is_study_end,
    category like '%DISPO%' and decoded not in ('', 'COMPLETED') and (
        subcategory like '%DISCON%'
        or subcategory in (
            'TREATMENT COMPLETION/EARLY DISCONTINUATION', 'TREATMENT EARLY DISCONTINUATION/COMPLETION', 'STUDY TREATMENT'
        )
    ) as is_treatment_discontinuation,
    subcategory like '%DISCON%' and subcategory not like '%DRUG%' and subcategory not like '%TREATMENT%' as is_discontinuation,
    subcategory like '%STUDY%' and subcategory like '%DISCON%'
    and subcategory not like '%DRUG%' and subcategory not like '%TREATMENT%' as is_study_discontinuation,
    decoded = 'DEATH' as is_death,
    decoded like '%DEATH%' as names_death,
    decoded like '%DEATH%' and term like '%ADVERSE EVENT%' as is_death_by_event,
    decoded like '%DEATH%' and term like '%DEATH%'
    and term not like '%PROGRESSIVE DISEASE%' and term not like '%DISEASE RELAPSE%' as is_death_of_other_cause
from disposition
