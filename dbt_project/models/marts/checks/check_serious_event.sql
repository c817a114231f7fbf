-- Grain: one row per serious adverse event record of EDC: whether a case of the safety log belongs to it, and how old it was when EDC and the
-- log, the earlier of the two, were extracted.
select
    ae.*,
    least(extract.extract_date, log.extract_date) as extract_date,
    least_days_between(ae.AESTDTC, least(extract.extract_date, log.extract_date)) as days_since_start,
    safety.case_key is not null as is_in_safety_log
from {{ ref('ae') }} as ae
left join {{ source('settings', 'extract') }} as extract on ae.site = extract.site and ae.source_name = extract.source_name
left join {{ ref('int_delivered_on') }} as log on ae.site = log.site and log.dataset = 'SAFETY'
left join {{ ref('int_safety_match') }} as safety
    on safety.check_id = 'SAE-02' and safety.is_serious
    and ae.USUBJID = safety.USUBJID and ae.site = safety.event_site and ae.record = safety.event_record
where upper(ae.AESER) = 'Y'
