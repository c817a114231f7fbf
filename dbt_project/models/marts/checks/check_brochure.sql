-- Grain: one row per site and version of the Investigator's Brochure that it received: when it was first received, and first submitted to the
-- IRB by a submission that names it. The row to look at is the entry of the index that was received first. The version with which the study
-- was first submitted is no update, when none came before it, and has no row.
with received as (
    select
        site, upper(trim(version)) as version_key, trim(version) as version, received_date as received, source_file, source_row
    from {{ ref('isf_index') }}
    where
        version is not null and received_date is not null
        and (
            trim(artifact_number) = '02.01.01'
            or (artifact_number is null and upper(trim(artifact)) = 'INVESTIGATOR''S BROCHURE')
        )
    qualify row_number() over (
        partition by site, upper(trim(version))
        order by earliest_first(received_date), content_hash, source_file, source_row
    ) = 1
),

first_received as (
    select site, {{ without_mark('min(earliest_first(received))') }} as received
    from received
    group by site
),

submitted as (
    select
        site, upper(trim(brochure_version)) as version_key,
        bool_or(coalesce(upper(trim(submission_type)) = 'INITIAL', false)) as is_initial,
        case when count(*) = count(submission_date) then {{ without_mark('min(earliest_first(submission_date))') }} end as submitted
    from {{ ref('irb') }}
    where brochure_version is not null
    group by site, upper(trim(brochure_version))
),

files as ({{ files_of('irb') }})

select
    received.site,
    cast(null as varchar) as subject,
    'ISF_INDEX' as dataset,
    'brochure=' || received.version_key as record,
    received.version,
    received.received,
    submitted.site is not null as is_submitted,
    submitted.submitted,
    files.extract_date,
    received.source_file,
    received.source_row
from received
left join submitted on received.site = submitted.site and received.version_key = submitted.version_key
left join files on received.site = files.site
inner join first_received on received.site = first_received.site
where not coalesce(submitted.is_initial, false) or certainly_after(received.received, first_received.received)
