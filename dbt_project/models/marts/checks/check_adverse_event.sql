-- Grain: one row per adverse event record, with what other records of the subject, the study and the delivery say. What is told once a
-- subject is told at the first record that it is about, where its position (..._number) is 1; of several dates of death, one that
-- contradicts disposition comes first.
with delivered as (
    select
        site,
        count(*) filter (where variable = 'AETOXGR') > 0 as has_grade,
        count(*) filter (where variable = 'AESEV') > 0 as has_severity,
        count(*) filter (where variable in ('AEREL1', 'AEREL2', 'AEREL3')) as drug_count
    from {{ source('settings', 'availability') }}
    where dataset = 'AE' and delivered
    group by site
),

events as (
    select
        entries.*,
        least_days_between(coalesce(AEDTC, AESTDTC), extract_date) as days_since_collection,
        coalesce(delivered.has_grade, false) and max(case when AETOXGR is not null then 1 else 0 end) over () = 1 as is_grade_in_use,
        coalesce(delivered.has_severity, false) and max(case when AESEV is not null then 1 else 0 end) over () = 1 as is_severity_in_use,
        coalesce(delivered.drug_count, 0) as drug_count,
        cast(
            {%- for name in ['AEREL1', 'AEREL2', 'AEREL3'] %}
            case when upper({{ name }}) = 'NA' then 1 else 0 end{{ ' +' if not loop.last }}
            {%- endfor %}
            as bigint
        ) as inapplicable_drug_count,
        coalesce(disposition.has_study_end, false) as has_study_end,
        coalesce(disposition.has_left_study, false) as has_left_study,
        coalesce(disposition.has_left_treatment, false) as has_left_treatment,
        coalesce(disposition.has_death_of_other_cause, false) as has_death_of_other_cause,
        contradicting_date(
            AEDTHDTC,
            disposition.earliest_named_death_date, disposition.least_named_death_date, disposition.greatest_named_death_date
        ) as named_death_date,
        death.reported_death_date,
        consent.consent_date,
        dose.first_dose_date
    from {{ ref('int_event_entry') }} as entries
    left join delivered on entries.site = delivered.site
    left join {{ ref('int_subject_disposition') }} as disposition on entries.USUBJID = disposition.USUBJID
    left join {{ ref('int_death') }} as death on entries.USUBJID = death.USUBJID
    left join {{ ref('int_first_consent') }} as consent on entries.USUBJID = consent.USUBJID
    left join {{ ref('int_dose') }} as dose on entries.USUBJID = dose.USUBJID
)

select
    * exclude (extract_date, entry_number),
    {{ position_among(
        'AEDTHDTC_raw is not null', 'AEDTHDTC',
        first='case when certainly_differ(AEDTHDTC, named_death_date) then 1 when AEDTHDTC <> named_death_date then 2 else 3 end'
    ) }} as death_date_number,
    {{ position_among(
        "AEDTHDTC_raw is not null or coalesce(upper(AESDTH), '') = 'Y' or coalesce(upper(AEOUT), '') = 'FATAL'"
        ~ " or coalesce(AETOXGR, '') = '5'", 'AESTDTC'
    ) }} as death_sign_number,
    {{ position_among("coalesce(upper(AEACN), '') = 'DRUG WITHDRAWN'", 'AESTDTC') }} as withdrawal_number,
    {{ position_among(
        "'SUBJECT DISCONTINUED FROM STUDY' in"
        ~ " (coalesce(upper(AEACNOTH), ''), coalesce(upper(AEACNOT1), ''), coalesce(upper(AEACNOT2), ''))", 'AESTDTC'
    ) }} as study_exit_number,
    nullif(concat_ws(', ',
        {%- for name in ['AESDTH', 'AESLIFE', 'AESHOSP', 'AESDISAB', 'AESCONG', 'AESMIE', 'AESCAN', 'AESOD'] %}
        case when upper({{ name }}) = 'Y' then '{{ name }}' end{{ ',' if not loop.last }}
        {%- endfor %}
    ), '') as seriousness_criteria
from events
