-- Grain: one row per demographics record. `patient_number` are the digits that stand alone behind the last hyphen of the subject id.
with numbered as (
    select *, nullif(regexp_extract(USUBJID, '-([0-9]+)$', 1), '') as patient_number
    from {{ ref('dm') }}
)

select
    dm.*,
    row_number() over (
        partition by dm.USUBJID order by {{ blank_last('dm.DMDTC') }}, dm.content_hash, dm.source_file, dm.source_row
    ) as dm_record_number,
    count(*) over (partition by dm.USUBJID) as dm_record_count,
    master.site_id is not null as is_site_known,
    dose.USUBJID is not null as is_treated,
    case
        when patient_number is null then null
        when min(dm.USUBJID) over (partition by patient_number) <> dm.USUBJID then min(dm.USUBJID) over (partition by patient_number)
        when max(dm.USUBJID) over (partition by patient_number) <> dm.USUBJID then max(dm.USUBJID) over (partition by patient_number)
    end as same_number_subject,
    coalesce(identity.is_shared_in_study, false) as is_shared_in_study,
    coalesce(identity.is_shared_across_studies, false) as is_shared_across_studies
from numbered as dm
left join {{ ref('int_site') }} as master on dm.SITEID = master.site_id
left join {{ ref('int_dose') }} as dose on dm.USUBJID = dose.USUBJID
left join {{ ref('int_shared_identity') }} as identity on dm.USUBJID = identity.USUBJID
