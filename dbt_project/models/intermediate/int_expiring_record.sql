-- Grain: one row per record of the site with a last day that has no successor: papers of staff, certificates of laboratories, entries of the
-- index, approvals of the IRB, trainings. `band` is the smallest of the bands of ESD-02 that the days left have reached, or 'expired'; the
-- last possible day counts. Persons are active until they leave, laboratories while results name them (or none), both while the site is open.
with records as (
    -- Several kinds of record are filed under one number; an entry that gives only the number is of a kind that has it.
    select
        study, site, dataset, record, source_name, source_file, source_row,
        coalesce(artifact, artifact_number) as kind,
        concat_ws(' ', trim(artifact_number), coalesce(
            upper(trim(artifact)), min(upper(trim(artifact))) over (partition by site, trim(artifact_number))
        )) as kind_key,
        person as who, expiry_date, expiry_date_raw, document_date as start_date
    from {{ ref('isf_index') }}
    where coalesce(upper(status), 'FINAL') not in ('SUPERSEDED', 'DRAFT')
    union all
    select
        study, site, dataset, record, source_name, source_file, source_row,
        credential_type, upper(credential_type), person, expiry_date, expiry_date_raw, coalesce(issue_date, sign_date)
    from {{ ref('credential') }}
    union all
    select
        study, site, dataset, record, source_name, source_file, source_row,
        certificate_type || ' certificate', upper(certificate_type), laboratory, expiry_date, expiry_date_raw, issue_date
    from {{ ref('lab_cert') }}
    where certificate_type is not null
    union all
    -- An amendment is approved without a new end of the approval: it succeeds to nothing.
    select
        study, site, dataset, record, source_name, source_file, source_row,
        'IRB approval', 'APPROVAL', cast(null as varchar), expiry_date, expiry_date_raw, approval_date
    from {{ ref('irb') }}
    where upper(decision) = 'APPROVED' and expiry_date is not null
    union all
    select
        study, site, dataset, record, source_name, source_file, source_row,
        'Training ' || course, upper(course), person, expiry_date, expiry_date_raw, completion_date
    from {{ ref('training') }}
),

-- `who_key` is the person of the list where the record names one, else what the record names: a laboratory, or nobody.
resolved as (
    select
        records.*,
        alias.person,
        coalesce(alias.person, upper(trim(records.who)), '') as who_key,
        staff.departure_date
    from records
    {{ join_person_named('records', 'who') }}
    left join (
        select site, coalesce(person_id, name) as person, max(departure_date) as departure_date
        from {{ ref('person') }}
        group by site, coalesce(person_id, name)
        having count(*) = count(departure_date)
    ) as staff on alias.site = staff.site and alias.person = staff.person
),

-- A later record of the same kind that names no last day is a successor too.
latest as (
    select *
    from (
        select
            *,
            max(start_date) filter (where expiry_date_raw is null) over (
                partition by site, dataset, kind_key, who_key
            ) as lasting_from
        from resolved
    ) as ranked
    where expiry_date is not null and not certainly_after(lasting_from, start_date)
    qualify row_number() over (
        partition by site, dataset, kind_key, who_key
        order by final_day(expiry_date) desc, record
    ) = 1
),

laboratories as (
    select distinct site, laboratory from {{ ref('int_laboratory_sample_day') }}
),

counted as (
    select
        latest.*,
        extract.extract_date,
        date_diff('day', first_day(extract.extract_date), final_day(latest.expiry_date)) as days_left,
        not certainly_after(extract.extract_date, latest.departure_date)
        and not certainly_after(extract.extract_date, master.closure_date)
        and (
            latest.dataset <> 'LAB_CERT' or tested.site is not null
            or latest.site not in (select site from laboratories)
        ) as is_active
    from latest
    left join {{ source('settings', 'extract') }} as extract
        on latest.site = extract.site and latest.source_name = extract.source_name
    left join {{ ref('int_site') }} as master on latest.site = master.site_id
    left join laboratories as tested on latest.site = tested.site and latest.who_key = tested.laboratory
),

bands as (
    select days.days_left, min(cast(parameter.value as integer)) as days_band
    from (select distinct days_left from counted) as days
    inner join {{ source('settings', 'parameter') }} as parameter
        on parameter.check_id = 'ESD-02' and parameter.name = 'bands' and days.days_left < cast(parameter.value as integer)
    group by days.days_left
)

select
    counted.study, counted.site, counted.dataset, counted.record, counted.source_file, counted.source_row,
    counted.kind, counted.who, counted.person, counted.expiry_date, counted.extract_date, counted.is_active,
    cast(counted.days_left as bigint) as days_left,
    case when counted.days_left < 0 then 'expired' else cast(bands.days_band as varchar) end as band
from counted
left join bands on counted.days_left = bands.days_left
