-- Grain: one row per medication record, with what the subject's adverse events say of it. `is_for_event`: its indication is one of CM-02
-- ae_indication_terms. `days_to_event` is counted for these alone: the fewest days between its start and an event, none where one touches it.
with terms as (
    select distinct upper(value) as term
    from {{ source('settings', 'parameter') }}
    where check_id = 'CM-02' and name = 'ae_indication_terms'
),

medications as (
    select cm.*, terms.term is not null as is_for_event
    from {{ ref('cm') }} as cm
    left join terms on upper(cm.CMINDC) = terms.term
),

event_numbers as (
    select distinct USUBJID, AESPID
    from {{ ref('ae') }}
    where USUBJID is not null and AESPID is not null
),

referring as (
    select referred.site, referred.USUBJID, referred.record, bool_and(known.AESPID is not null) as is_event_known
    from {{ ref('int_medication_reference') }} as referred
    left join event_numbers as known on referred.USUBJID = known.USUBJID and referred.event_number = known.AESPID
    group by referred.site, referred.USUBJID, referred.record
),

near as (
    select
        medications.site, medications.USUBJID, medications.record,
        min(days_from_span(medications.CMSTDTC, ae.AESTDTC, ae.AEENDTC)) as days_to_event
    from medications
    inner join {{ ref('ae') }} as ae on medications.USUBJID = ae.USUBJID
    where medications.is_for_event
    group by medications.site, medications.USUBJID, medications.record
)

select
    medications.*,
    coalesce(category.delivered, false) as has_category,
    referring.is_event_known,
    near.days_to_event,
    case
        when medications.CMSTDTC is null and lacks_only_month(medications.CMSTDTC_raw) then medications.CMSTDTC_raw
        when medications.CMENDTC is null and lacks_only_month(medications.CMENDTC_raw) then medications.CMENDTC_raw
    end as date_without_month
from medications
left join referring
    on medications.site = referring.site and medications.USUBJID = referring.USUBJID and medications.record = referring.record
left join near on medications.site = near.site and medications.USUBJID = near.USUBJID and medications.record = near.record
left join {{ source('settings', 'availability') }} as category
    on medications.site = category.site and category.dataset = 'CM' and category.variable = 'CMCAT'
