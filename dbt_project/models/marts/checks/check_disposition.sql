-- Grain: one row per disposition record; randomisations of a subject are numbered by date, then content.
with records as (
    select
        *,
        USUBJID is not null and coalesce(upper(DSDECOD) like '%RANDOMIZ%', false) as is_randomization,
        coalesce(
            upper(DSCAT) like '%DISPO%' and (
                upper(DSSCAT) like '%STUDY DISCON%'
                or upper(DSSCAT) in ('STUDY COMPLETION/EARLY DISCONTINUATION', 'STUDY EARLY DISCONTINUATION/COMPLETION')
            ), false
        ) as is_study_end
    from {{ ref('ds') }}
)

select
    records.*,
    row_number() over (
        partition by records.USUBJID, is_randomization
        order by {{ blank_last('DSSTDTC') }}, content_hash, source_file, source_row
    ) as randomization_number,
    count(*) filter (where is_randomization) over (partition by records.USUBJID) as randomization_count,
    dose.last_dose_date
from records
left join {{ ref('int_dose') }} as dose on records.USUBJID = dose.USUBJID
