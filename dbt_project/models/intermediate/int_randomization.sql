-- Grain: one row per randomised subject: the earliest randomisation that is certain.
select USUBJID, {{ without_mark('min(earliest_first(randomization_date))') }} as randomization_date
from {{ ref('rand') }}
where USUBJID is not null
group by USUBJID
