-- Grain: one row per study: its earliest consent with a complete date, at the site that took it, beside the start that study.yml sets.
select
    site,
    cast(null as varchar) as subject,
    dataset,
    record,
    substr(consent_date, 1, 10) as earliest_consent,
    (
        select nullif(value, '')
        from {{ source('settings', 'parameter') }}
        where check_id = 'IC-05' and name = 'study_start_date'
    ) as study_start_date,
    source_file,
    source_row
from {{ ref('int_consent') }}
where is_main and USUBJID is not null and length(consent_date) >= 10
qualify row_number() over (
    order by substr(consent_date, 1, 10), site, USUBJID, content_hash, source_file, source_row
) = 1
