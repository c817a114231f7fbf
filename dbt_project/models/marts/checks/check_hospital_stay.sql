-- Grain: one row per record that tells of a hospital stay: an adverse event with that criterion, or a free text with one of the terms of AE-12.
-- `days_to_serious_event` is the least that dates leave open: a blank or partial one could lie on any of its days.
with terms as (
    select lower(value) as term
    from {{ source('settings', 'parameter') }}
    where check_id = 'AE-12' and name = 'hospital_terms'
),

texts as (
    select
        site, subject, USUBJID, dataset, record, AETERM as text, AESTDTC as stay_date,
        coalesce(upper(AESHOSP) = 'Y', false) as has_criterion, source_file, source_row
    from {{ ref('ae') }}
    union all
    select site, subject, USUBJID, dataset, record, SVUPDES, SVSTDTC, false, source_file, source_row
    from {{ ref('sv') }}
    where SVUPDES is not null
    union all
    select site, subject, USUBJID, dataset, record, concat_ws(' ', CMTRT, CMINDC), CMSTDTC, false, source_file, source_row
    from {{ ref('cm') }}
    where CMTRT is not null or CMINDC is not null
),

stays as (
    select texts.*
    from texts
    where
        USUBJID is not null
        and (has_criterion or exists (select 1 from terms where contains(lower(texts.text), terms.term)))
),

distances as (
    select
        stays.USUBJID, stay_date,
        min(days_from_span(stay_date, AESTDTC, AEENDTC)) as days
    from (select distinct USUBJID, stay_date from stays) as stays
    inner join {{ ref('ae') }} as serious on stays.USUBJID = serious.USUBJID and upper(serious.AESER) = 'Y'
    group by stays.USUBJID, stay_date
)

select
    stays.* exclude (USUBJID, has_criterion),
    distances.days as days_to_serious_event
from stays
left join distances on stays.USUBJID = distances.USUBJID and coalesce(stays.stay_date, '') = coalesce(distances.stay_date, '')
