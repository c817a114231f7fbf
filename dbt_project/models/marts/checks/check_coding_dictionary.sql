-- Grain: one row per delivered file with coded adverse events; the version that study.yml states (AE-27) stands for all that the file says.
-- A study is coded with one version: a file is held to that of most files, so that the other files are told and not all.
with versions as (
    select distinct site, source_name, source_file, AEDICTVER as version
    from {{ ref('ae') }}
    where AEDECOD is not null and AEDICTVER is not null
),

main_version as (
    select version
    from versions
    group by version
    order by count(*) desc, version desc
    limit 1
)

select
    ae.site,
    cast(null as varchar) as subject,
    ae.dataset,
    ae.source_name as record,
    coalesce(min(stated.value), min(ae.AEDICTVER)) as dictionary_version,
    case
        when min(stated.value) is not null then 1
        else count(distinct ae.AEDICTVER) + case when not bool_or(ae.AEDICTVER = main_version.version) then 1 else 0 end
    end as version_count,
    ae.source_file,
    cast(null as bigint) as source_row
from {{ ref('ae') }} as ae
left join {{ source('settings', 'parameter') }} as stated
    on stated.check_id = 'AE-27' and stated.name = 'meddra_version' and stated.value <> ''
left join main_version on true
where ae.AEDECOD is not null
group by ae.site, ae.dataset, ae.source_name, ae.source_file
