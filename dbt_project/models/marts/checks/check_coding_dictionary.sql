-- Grain: one row per delivered file with coded adverse events.
select
    ae.site,
    cast(null as varchar) as subject,
    ae.dataset,
    ae.source_name as record,
    min(ae.AEDICTVER) as dictionary_version,
    count(distinct ae.AEDICTVER) as version_count,
    coalesce(bool_or(availability.delivered), false) as is_version_delivered,
    ae.source_file,
    cast(null as bigint) as source_row
from {{ ref('ae') }} as ae
left join {{ source('settings', 'availability') }} as availability
    on ae.site = availability.site and availability.dataset = 'AE' and availability.variable = 'AEDICTVER'
where ae.AEDECOD is not null
group by ae.site, ae.dataset, ae.source_name, ae.source_file
