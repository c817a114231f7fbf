-- Grain: one row per medication record of a subject and number of an adverse event that it refers to; a record may name several, behind
-- commas or semicolons.
select distinct site, USUBJID, record, event_number
from (
    select site, USUBJID, record, trim(unnest(string_split(replace(CMAENO, ';', ','), ','))) as event_number
    from {{ ref('cm') }}
    where USUBJID is not null and CMAENO is not null
)
where event_number <> ''
