-- Grain: one row per adverse event of a subject that was treated with medication (AECONTRT). `days_to_medication`: the fewest days that can
-- lie between the event and a medication of the subject, none where they may touch; blank where the subject has no medication.
with treated as (
    select * from {{ ref('ae') }} where upper(AECONTRT) = 'Y' and USUBJID is not null
),

referred as (
    select distinct USUBJID, event_number from {{ ref('int_medication_reference') }}
),

near as (
    select
        treated.site, treated.USUBJID, treated.record,
        min(days_between_spans(cm.CMSTDTC, cm.CMENDTC, treated.AESTDTC, treated.AEENDTC)) as days_to_medication
    from treated
    inner join {{ ref('cm') }} as cm on treated.USUBJID = cm.USUBJID
    group by treated.site, treated.USUBJID, treated.record
)

select
    treated.site,
    treated.subject,
    treated.dataset,
    treated.record,
    treated.AETERM,
    treated.AESTDTC,
    treated.AEENDTC,
    treated.AECONTRT,
    referred.event_number is not null as is_referred_to,
    near.days_to_medication,
    treated.source_file,
    treated.source_row
from treated
left join referred on treated.USUBJID = referred.USUBJID and treated.AESPID = referred.event_number
left join near on treated.site = near.site and treated.USUBJID = near.USUBJID and treated.record = near.record
