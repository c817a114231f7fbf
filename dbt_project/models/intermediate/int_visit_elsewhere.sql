-- Grain: one row per visit record with a complete date that follows a visit of the same subject at another site: which site, on which day.
-- If any two visits at different sites lie close together, so does one of these changes of site.
select site, USUBJID, record, previous_site, previous_site_date, least_days_between(previous_site_date, SVSTDTC) as days_since_other_site
from (
    select site, USUBJID, record, SVSTDTC, lag(site) over by_date as previous_site, lag(SVSTDTC) over by_date as previous_site_date
    from {{ ref('sv') }}
    where USUBJID is not null and length(SVSTDTC) >= 10
    window by_date as (partition by USUBJID order by substr(SVSTDTC, 1, 10), site, SVSTDTC, content_hash, source_file, source_row)
)
where previous_site <> site
