-- Grain: one row per subject in disposition: what its events say together.
select
    USUBJID,
    {{ without_mark("min(earliest_first(DSSTDTC)) filter (where upper(DSDECOD) = 'INFORMED CONSENT OBTAINED')") }} as consent_date,
    coalesce(bool_or(upper(DSCAT) like '%DISPO%'), false) as has_disposition,
    coalesce(bool_or(upper(DSDECOD) = 'SCREEN FAILURE'), false) as is_screen_failure,
    coalesce(bool_or(upper(DSDECOD) like '%RANDOMIZ%'), false) as has_randomization,
    coalesce(bool_or(upper(DSDECOD) in ('RANDOMIZED', 'RANDOMIZATION')), false) as is_randomized
from {{ ref('ds') }}
where USUBJID is not null
group by USUBJID
