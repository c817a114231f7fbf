-- Grain: one row per delivered file with coded adverse events; the version that study.yml states (AE-27) stands for all that the file says.
select
    ae.site,
    cast(null as varchar) as subject,
    ae.dataset,
    ae.source_name as record,
    coalesce(min(stated.value), min(ae.AEDICTVER)) as dictionary_version,
    case when min(stated.value) is null then count(distinct ae.AEDICTVER) else 1 end as version_count,
    coalesce(bool_or(availability.delivered), false) or min(stated.value) is not null as is_version_expected,
    ae.source_file,
    cast(null as bigint) as source_row
from {{ ref('ae') }} as ae
left join {{ source('settings', 'availability') }} as availability
    on ae.site = availability.site and availability.dataset = 'AE' and availability.variable = 'AEDICTVER'
left join {{ source('settings', 'parameter') }} as stated
    on stated.check_id = 'AE-27' and stated.name = 'meddra_version' and stated.value <> ''
where ae.AEDECOD is not null
group by ae.site, ae.dataset, ae.source_name, ae.source_file
