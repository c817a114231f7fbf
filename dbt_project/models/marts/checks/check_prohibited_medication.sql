-- Grain: one row per medication record of a subject that CM-03 prohibited_list names, by its standardised name or by the beginning of its
-- class code, and that was certainly taken between the first and the last dose of study treatment. One that is said to be ongoing goes on to
-- the extract of the file; of one without an end only the start is certain. A dose without an end goes on until participation ends, else
-- until the extract, unless the disposition says that the subject has finished. `days_to_deviation`: the fewest days that can lie between its
-- start and a deviation of the subject in one of CM-03 medication_categories, by the day of the deviation or the day on which the site
-- learnt of it; none where either has no date.
with prohibited as (
    select distinct upper(value) as term
    from {{ source('settings', 'parameter') }}
    where check_id = 'CM-03' and name = 'prohibited_list'
),

categories as (
    select distinct upper(value) as category
    from {{ source('settings', 'parameter') }}
    where check_id = 'CM-03' and name = 'medication_categories'
),

deviations as (
    select dv.USUBJID, dv.DVSTDTC, dv.discovered_date
    from {{ ref('dv') }} as dv
    inner join categories on upper(dv.DVCAT) = categories.category
    where dv.USUBJID is not null
),

listed as (
    select
        cm.*,
        coalesce(cm.CMSTDTC, cm.CMENDTC) as certain_from,
        coalesce(
            cm.CMENDTC,
            case when cm.CMENDTC_raw is null and upper(cm.CMENRTPT) in ('ONGOING', 'AFTER') then extract.extract_date end,
            cm.CMSTDTC
        ) as certain_until
    from {{ ref('cm') }} as cm
    left join {{ source('settings', 'extract') }} as extract on cm.site = extract.site and cm.source_name = extract.source_name
    where
        cm.USUBJID is not null
        and exists (
            select 1 from prohibited where upper(cm.CMDECOD) = prohibited.term or upper(cm.CMCLASCD) like prohibited.term || '%'
        )
),

treatment as (
    select
        dose.USUBJID,
        dose.first_dose_date,
        case
            when dose.is_open and not coalesce(disposition.has_disposition, false) then coalesce(dm.RFPENDTC, dose.known_until)
            else dose.last_dose_date
        end as last_dose_date
    from {{ ref('int_dose') }} as dose
    left join {{ ref('int_demographics') }} as dm on dose.USUBJID = dm.USUBJID
    left join {{ ref('int_subject_disposition') }} as disposition on dose.USUBJID = disposition.USUBJID
),

taken as (
    select listed.*, treatment.first_dose_date, treatment.last_dose_date
    from listed
    inner join treatment on listed.USUBJID = treatment.USUBJID
    where certainly_by(listed.certain_from, treatment.last_dose_date) and certainly_by(treatment.first_dose_date, listed.certain_until)
)

select
    taken.site,
    taken.subject,
    taken.dataset,
    taken.record,
    taken.CMTRT,
    taken.CMDECOD,
    taken.CMSTDTC,
    taken.CMENDTC,
    taken.first_dose_date,
    taken.last_dose_date,
    min(
        case
            when deviations.USUBJID is null then null
            when deviations.discovered_date is null then days_apart(deviations.DVSTDTC, taken.CMSTDTC)
            when deviations.DVSTDTC is null then days_apart(deviations.discovered_date, taken.CMSTDTC)
            else least(days_apart(deviations.DVSTDTC, taken.CMSTDTC), days_apart(deviations.discovered_date, taken.CMSTDTC))
        end
    ) as days_to_deviation,
    taken.source_file,
    taken.source_row
from taken
left join deviations on taken.USUBJID = deviations.USUBJID
group by all
