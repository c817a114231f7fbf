-- Grain: one row per dosing record. A dose is numbered among the subject's administered ones of the same treatment, amount and date, and
-- knows the one before it in the order of visits. Rows without a subject are nobody's: they must not meet each other.
with doses as (
    select
        *,
        coalesce(is_administered and USUBJID is not null and EXSTDTC is not null, false) as is_countable,
        coalesce(
            is_administered and USUBJID is not null and EXSTDTC is not null and VISITNUM is not null
            and not {{ is_unscheduled('VISIT') }}, false
        ) as is_in_visit_order
    from {{ ref('int_exposure') }}
)

select
    doses.* exclude (is_countable),
    case when is_countable then row_number() over (
        same_dose order by doses.record, doses.content_hash, doses.source_file, doses.source_row
    ) else 1 end as dose_record_number,
    case when is_countable then count(*) over same_dose else 1 end as dose_record_count,
    case when is_in_visit_order then lag(doses.EXSTDTC) over in_order end as previous_dose_date,
    death.reported_death_date,
    consent.consent_date
from doses
left join {{ ref('int_death') }} as death on doses.USUBJID = death.USUBJID
left join {{ ref('int_first_consent') }} as consent on doses.USUBJID = consent.USUBJID
window
    same_dose as (
        partition by doses.USUBJID, doses.EXTRT, coalesce(cast(doses.EXDOSE as varchar), doses.EXDOSE_raw), doses.EXSTDTC, is_countable
    ),
    in_order as (
        partition by doses.USUBJID, doses.EXTRT, is_in_visit_order
        order by doses.VISITNUM, doses.EXSTDTC, doses.content_hash, doses.source_file, doses.source_row
    )
