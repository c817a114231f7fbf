-- Grain: one row per site's delivery (of an incremental source: of all its files) with coded adverse events or medications; the version that
-- study.yml states (AE-27, CM-07) stands for all that it says. A study is coded with one version of each dictionary: a delivery is held to that
-- of most deliveries, so that the others are told and not all.
with coded as (
    select site, dataset, source_name, source_file, AEDICTVER as version from {{ ref('ae') }} where AEDECOD is not null
    union all
    select site, dataset, source_name, source_file, CMDICTVER from {{ ref('cm') }} where CMDECOD is not null
),

main_version as (
    select dataset, version
    from (select distinct site, dataset, source_name, version from coded where version is not null)
    group by dataset, version
    qualify row_number() over (partition by dataset order by count(*) desc, version desc) = 1
),

stated as (
    select case check_id when 'AE-27' then 'AE' else 'CM' end as dataset, value as version
    from {{ source('settings', 'parameter') }}
    where ((check_id = 'AE-27' and name = 'meddra_version') or (check_id = 'CM-07' and name = 'whodrug_version')) and value <> ''
)

select
    coded.site,
    cast(null as varchar) as subject,
    coded.dataset,
    coded.source_name as record,
    coalesce(min(stated.version), min(coded.version)) as dictionary_version,
    case
        when min(stated.version) is not null then 1
        else count(distinct coded.version) + case when not bool_or(coded.version = main_version.version) then 1 else 0 end
    end as version_count,
    min(coded.source_file) as source_file,
    cast(null as bigint) as source_row
from coded
left join stated on coded.dataset = stated.dataset
left join main_version on coded.dataset = main_version.dataset
group by coded.site, coded.dataset, coded.source_name
