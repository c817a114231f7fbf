-- Grain: one row per subject with an administered dose. The first dose is the earliest that is certain; the greatest date text is the
-- latest that is certain. `is_open`: the end of a dose is blank though the site delivers ends; `known_until` is the day of
-- the file's extract.
select
    USUBJID,
    {{ without_mark('min(earliest_first(EXSTDTC))') }} as first_dose_date,
    nullif(max(greatest(coalesce(EXENDTC, ''), coalesce(EXSTDTC, ''))), '') as last_dose_date,
    bool_or(EXENDTC_raw is null and coalesce(ending.delivered, false)) as is_open,
    max(extract.extract_date) as known_until
from {{ ref('int_exposure') }} as ex
left join {{ source('settings', 'availability') }} as ending
    on ex.site = ending.site and ending.dataset = 'EX' and ending.variable = 'EXENDTC'
left join {{ source('settings', 'extract') }} as extract on ex.site = extract.site and ex.source_name = extract.source_name
where
    USUBJID is not null
    and is_administered
    and (EXDOSE > 0 or (EXDOSE = 0 and upper(EXTRT) like '%PLACEBO%'))
group by USUBJID
