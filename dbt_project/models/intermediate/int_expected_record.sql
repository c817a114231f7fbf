-- Grain: one row per site that delivered an index of its file and essential record that the list of ESD-01 expects of it at a stage that it
-- has reached: until when, whether a final entry is there, and when the first entry was filed. Before the start the day of activation is the
-- last; else there are grace days from activation (or what the record is on: the first consent, the first dose), and from closure.
with parameters as (
    select
        max(nullif(value, '')) filter (where name = 'list_version') as list_version,
        cast(max(value) filter (where name = 'grace_days') as integer) as grace_days
    from {{ source('settings', 'parameter') }}
    where check_id = 'ESD-01'
),

-- Of several lists that the study does not choose from, the last by name is the current one.
list as (
    select expected.*, parameters.grace_days
    from {{ ref('expected_record') }} as expected
    cross join parameters
    where expected.list_version = coalesce(
        parameters.list_version, (select max(current.list_version) from {{ ref('expected_record') }} as current)
    )
),

files as ({{ files_of('isf_index') }}),

conditions as (
    select site_id as site, 'USA' as condition, cast(null as varchar) as since
    from {{ ref('site') }}
    where upper(trim(country)) in ('USA', 'US', 'UNITED STATES', 'UNITED STATES OF AMERICA')
    union
    select dm.site, 'SUBJECTS', {{ without_mark('min(earliest_first(consent.consent_date))') }}
    from {{ ref('int_first_consent') }} as consent
    inner join {{ ref('int_demographics') }} as dm on consent.USUBJID = dm.USUBJID
    where consent.consent_date is not null
    group by dm.site
    union
    select site, 'STUDY DRUG', {{ without_mark('min(earliest_first(EXSTDTC))') }}
    from {{ ref('ex') }}
    where EXSTDTC is not null and coalesce(upper(EXOCCUR), 'Y') <> 'N'
    group by site
    union
    select distinct site, 'LABORATORY', cast(null as varchar) from {{ ref('int_laboratory_sample_day') }}
),

staged as (
    select
        files.site,
        list.artifact_number,
        list.artifact,
        list.stage,
        case when list.stage = 'before' then 0 else list.grace_days end as grace_days,
        case
            when list.stage = 'after' then master.closure_date
            when list.stage = 'during' and final_day(conditions.since) > final_day(master.activation_date) then conditions.since
            else master.activation_date
        end as stage_date,
        files.extract_date,
        files.source_file
    from files
    inner join {{ ref('int_site') }} as master on files.site = master.site_id
    cross join list
    left join conditions on files.site = conditions.site and list.condition = conditions.condition
    where list.condition is null or conditions.condition is not null
),

-- An entry without a number is known by the artifact's name. What was superseded had been final; the day of filing is known when all say one.
filed as (
    select
        entries.site,
        coalesce(trim(entries.artifact_number), list.artifact_number) as artifact_number,
        bool_or(upper(entries.status) = 'FINAL') as on_file,
        case
            when count(*) = count(coalesce(entries.received_date, entries.document_date))
                then min(coalesce(entries.received_date, entries.document_date))
        end as filed
    from {{ ref('isf_index') }} as entries
    left join list on entries.artifact_number is null and upper(trim(entries.artifact)) = upper(list.artifact)
    where upper(entries.status) in ('FINAL', 'SUPERSEDED')
    group by entries.site, coalesce(trim(entries.artifact_number), list.artifact_number)
)

select
    staged.site,
    staged.artifact_number,
    staged.artifact,
    staged.stage,
    staged.stage_date,
    {{ iso_day('final_day(staged.stage_date)', 'staged.grace_days') }} as due,
    coalesce(filed.on_file, false) as on_file,
    filed.filed,
    staged.extract_date,
    staged.source_file
from staged
left join filed on staged.site = filed.site and staged.artifact_number = filed.artifact_number
where staged.stage_date is not null
