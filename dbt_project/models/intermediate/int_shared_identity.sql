-- Grain: one row per subject with an identity key that somebody else has too: a subject of another site of the study, or a participant of
-- another study at the same time, whatever partial dates leave open. A participation without a known beginning overlaps with nothing for
-- certain; one without a known end is known to last until the last dated visit or dose, or for its first day. Keys are hexadecimal, in
-- capitals or not.
with keyed as (
    select
        USUBJID, lower(identity_key) as identity_key, site,
        coalesce(RFICDTC, RFSTDTC, DMDTC) as first_date,
        RFPENDTC as last_date
    from {{ ref('int_demographics') }}
    where identity_key is not null
),

seen as (
    select USUBJID, max(day) as last_day
    from (
        select USUBJID, SVSTDTC as day from {{ ref('sv') }}
        union all
        select USUBJID, EXSTDTC from {{ ref('ex') }} where coalesce(upper(EXOCCUR) <> 'N', true)
    ) as days
    where USUBJID in (select USUBJID from keyed)
    group by USUBJID
),

subjects as (
    select
        keyed.USUBJID, keyed.identity_key, keyed.site, keyed.first_date,
        coalesce(keyed.last_date, seen.last_day, keyed.first_date) as last_date
    from keyed
    left join seen on keyed.USUBJID = seen.USUBJID
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
    inner join {{ source('settings', 'other_participation') }} as other on own.identity_key = lower(other.identity_key)
    where
        certainly_by(own.first_date, coalesce(other.last_date, other.first_date)) and certainly_by(other.first_date, own.last_date)
)

select
    USUBJID,
    USUBJID in (select USUBJID from shared) as is_shared_in_study,
    USUBJID in (select USUBJID from elsewhere) as is_shared_across_studies
from subjects
where USUBJID in (select USUBJID from shared) or USUBJID in (select USUBJID from elsewhere)
