-- Grain: one row per subject in demographics: the first of its records, by date of collection, then content.
select *
from {{ ref('dm') }}
where USUBJID is not null
qualify row_number() over (partition by USUBJID order by {{ blank_last('DMDTC') }}, content_hash, source_file, source_row) = 1
