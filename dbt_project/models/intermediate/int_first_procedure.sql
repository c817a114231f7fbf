-- Grain: one row per subject with a dated procedure. The first is the earliest that is certain: a partial date comes after the full
-- dates that begin like it. `first_needing_consent` leaves out what is allowed before consent.
select
    USUBJID,
    {{ without_mark('min(earliest_first(procedure_date))') }} as first_procedure_date,
    {{ without_mark('min(earliest_first(procedure_date)) filter (where not is_allowed_before_consent)') }} as first_needing_consent
from {{ ref('int_procedure') }}
group by USUBJID
