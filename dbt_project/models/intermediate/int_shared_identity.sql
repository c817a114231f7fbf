-- Grain: one row per subject with an identity key that somebody else has too: a subject of another site of the study, or a participant of
-- another study at the same time, whatever partial dates leave open. A participation without a known beginning overlaps with nothing for
-- certain; one without a known end goes on.
with subjects as (
    select
        USUBJID, identity_key, site,
        coalesce(RFICDTC, RFSTDTC, DMDTC) as first_date,
        coalesce(RFPENDTC, DTHDTC) as last_date
    from {{ ref('int_demographics') }}
    where identity_key is not null
),

shared as (
    select own.USUBJID
    from subjects as own
    inner join subjects as other
        on own.identity_key = other.identity_key and own.USUBJID <> other.USUBJID and own.site <> other.site
),

elsewhere as (
    select own.USUBJID
    from subjects as own
    inner join {{ source('settings', 'other_participation') }} as other on own.identity_key = other.identity_key
    where
        own.first_date is not null and other.first_date is not null
        and (other.last_date is null or certainly_by(own.first_date, other.last_date))
        and (own.last_date is null or certainly_by(other.first_date, own.last_date))
)

select
    USUBJID,
    USUBJID in (select USUBJID from shared) as is_shared_in_study,
    USUBJID in (select USUBJID from elsewhere) as is_shared_across_studies
from subjects
where USUBJID in (select USUBJID from shared) or USUBJID in (select USUBJID from elsewhere)
