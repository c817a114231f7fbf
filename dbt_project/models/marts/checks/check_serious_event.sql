-- Grain: one row per serious adverse event record of EDC: whether a case of the safety log belongs to it, and how old it was when EDC and the
-- log, the earlier of the two, were extracted.
select
    ae.*,
    least(extract.extract_date, log.extract_date) as extract_date,
    least_days_between(ae.AESTDTC, least(extract.extract_date, log.extract_date)) as days_since_start,
    safety.event_record is not null as is_in_safety_log
from {{ ref('ae') }} as ae
left join {{ source('settings', 'extract') }} as extract on ae.site = extract.site and ae.source_name = extract.source_name
left join {{ ref('int_delivered_on') }} as log on ae.site = log.site and log.dataset = 'SAFETY'
-- An event may belong to several cases.
left join (
    select distinct USUBJID, event_site, event_record
    from {{ ref('int_safety_match') }}
    where check_id = 'SAE-02' and is_serious
) as safety
    on ae.USUBJID = safety.USUBJID and ae.site = safety.event_site and ae.record = safety.event_record
where upper(ae.AESER) = 'Y'
