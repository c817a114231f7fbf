-- Grain: one row per subject and version of a consent form that asks for a new signature: of subjects who signed an earlier version and were
-- seen at the site after this one had come into effect (ICF-02 grace_days). The row to look at is the first such visit at which the subject
-- was active and of a status that the version names, else the first of all. In several languages a version is in effect when it is in all of
-- them. Contacts that ask for survival are no visit at the site. Without EX nobody's status is known.
with versions as (
    select
        site,
        form,
        version,
        min(ordering_date) as first_ordering_date,
        {{ without_mark('max(earliest_first(ordering_date))') }} as last_ordering_date,
        {{ without_mark('max(earliest_first(site_effective_date))') }} as effective_date,
        bool_or(is_reconsent_required) as is_reconsent_required,
        max(reconsent_statuses) as reconsent_statuses
    from {{ ref('int_consent_version') }}
    group by site, form, version
),

signed as (
    select
        consent.site,
        consent.USUBJID,
        consent.consent_date,
        own.form,
        own.version,
        own.first_ordering_date,
        own.last_ordering_date
    from {{ ref('int_consent') }} as consent
    inner join versions as own
        on consent.site = own.site
        and consent.form = own.form
        and upper(trim(consent.icf_version)) = own.version
    where consent.USUBJID is not null
),

compared as (
    select
        signed.site,
        signed.USUBJID,
        required.form,
        required.version,
        required.effective_date,
        required.reconsent_statuses,
        signed.consent_date,
        certainly_after(required.first_ordering_date, signed.last_ordering_date) as is_earlier,
        signed.version = required.version
        or certainly_after(signed.first_ordering_date, required.last_ordering_date) as is_of_it_or_later
    from signed
    inner join versions as required on signed.site = required.site and signed.form = required.form
    where required.is_reconsent_required and required.effective_date is not null
),

asked as (
    select
        site,
        USUBJID,
        form,
        version,
        effective_date,
        reconsent_statuses,
        min(consent_date) filter (where is_of_it_or_later) as reconsent_date,
        bool_or(is_of_it_or_later and consent_date is null) as has_undated_reconsent
    from compared
    group by site, USUBJID, form, version, effective_date, reconsent_statuses
    having bool_or(is_earlier)
),

grace as (
    select cast(value as integer) as days
    from {{ source('settings', 'parameter') }}
    where check_id = 'ICF-02' and name = 'grace_days'
),

seen as (
    select
        asked.*,
        sv.subject,
        sv.dataset,
        sv.VISIT,
        sv.SVSTDTC as visit_date,
        sv.content_hash,
        sv.source_file,
        sv.source_row
    from asked
    inner join {{ ref('sv') }} as sv on asked.site = sv.site and asked.USUBJID = sv.USUBJID
    inner join grace on least_days_between(asked.effective_date, sv.SVSTDTC) > grace.days
    where sv.SSTESTCD is null
),

dispositions as (
    select
        USUBJID,
        DSSTDTC,
        upper(DSSCAT) as subcategory,
        coalesce(upper(DSDECOD) = 'COMPLETED', false) as is_completion,
        is_study_end or names_death as is_certain_end,
        not is_study_end and not names_death
        and coalesce(upper(DSSCAT) like '%TREATMENT%' or upper(DSSCAT) like '%DRUG%', false) as is_of_treatment
    from {{ ref('int_disposition') }}
    where is_study_end or names_death or upper(DSCAT) like '%DISPO%'
),

-- What ends participation, and what ends treatment alone. Who completed an epoch (SCREENING) goes on to the next.
disposition_ends as (
    select USUBJID, DSSTDTC as end_date, is_of_treatment
    from dispositions
    where
        is_certain_end or is_of_treatment or not is_completion or subcategory is null
        or subcategory like '%STUDY%' or subcategory like '%TRIAL%' or subcategory like '%PARTICIPATION%'
    union all
    select USUBJID, death_date, false from {{ ref('int_death') }}
),

ends as (
    select
        USUBJID,
        coalesce(bool_or(not is_of_treatment and end_date is null), false) as has_undated_end,
        min(end_date) filter (where not is_of_treatment) as end_date,
        min(end_date) filter (where is_of_treatment) as treatment_end_date
    from disposition_ends
    where USUBJID is not null
    group by USUBJID
),

stated as (
    select
        seen.*,
        ends.USUBJID is null
        or (not ends.has_undated_end and (ends.end_date is null or certainly_after(ends.end_date, seen.visit_date))) as is_active,
        case
            when dose.USUBJID is null or certainly_after(dose.first_dose_date, seen.visit_date) then 'SCREENING'
            when certainly_after(seen.visit_date, ends.treatment_end_date) then 'FOLLOW-UP'
            else 'ON TREATMENT'
        end as status
    from seen
    left join ends on seen.USUBJID = ends.USUBJID
    left join {{ ref('int_dose') }} as dose on seen.USUBJID = dose.USUBJID
),

judged as (
    select
        stated.*,
        stated.reconsent_statuses is null or (
            coalesce(exposure.delivered, false)
            and instr(',' || replace(replace(stated.reconsent_statuses, ', ', ','), ' ,', ',') || ',', ',' || stated.status || ',') > 0
        ) as is_concerned
    from stated
    left join {{ source('settings', 'availability') }} as exposure
        on stated.site = exposure.site and exposure.dataset = 'EX' and exposure.variable = 'EXSTDTC'
)

select
    site,
    subject,
    USUBJID,
    dataset,
    form || ' consent ' || version as record,
    version,
    effective_date,
    VISIT,
    visit_date,
    reconsent_date,
    has_undated_reconsent,
    is_active,
    is_concerned,
    source_file,
    source_row
from judged
qualify row_number() over (
    partition by site, USUBJID, form, version
    order by is_active and is_concerned desc, earliest_first(visit_date), content_hash, source_file, source_row
) = 1
