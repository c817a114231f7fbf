-- Grain: one row per subject with dated visits at more than one site: of its changes of site the one with the fewest days between the visits,
-- told at the later visit. No two visits at different sites lie closer together. A change is left out where the subject's transfer to another
-- site may be dated between the visits.
select site, USUBJID, record, previous_site, previous_site_date, least_days_between(previous_site_date, SVSTDTC) as days_since_other_site
from (
    select
        site, USUBJID, record, SVSTDTC, content_hash, source_file, source_row,
        lag(site) over by_date as previous_site,
        lag(SVSTDTC) over by_date as previous_site_date
    from {{ ref('sv') }}
    where USUBJID is not null and length(SVSTDTC) >= 10
    window by_date as (partition by USUBJID order by substr(SVSTDTC, 1, 10), site, SVSTDTC, content_hash, source_file, source_row)
) as changes
where
    previous_site <> site
    and not exists (
        select 1
        from {{ ref('dm') }} as dm
        where
            dm.USUBJID = changes.USUBJID
            and dm.site_change_date is not null
            and not certainly_after(changes.previous_site_date, dm.site_change_date)
            and not certainly_after(dm.site_change_date, changes.SVSTDTC)
    )
qualify row_number() over (partition by USUBJID order by days_since_other_site, SVSTDTC, site, content_hash, source_file, source_row) = 1
