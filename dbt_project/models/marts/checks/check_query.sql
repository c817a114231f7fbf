-- Grain: one row per data query; the day of extraction is the export's own, else the day on which the file was received.
select
    query.* exclude (extract_date),
    coalesce(query.extract_date, delivery.received_on) as extract_date,
    coalesce(lower(query.status) = 'open', false) as is_open
from {{ ref('query') }} as query
left join {{ source('settings', 'delivery') }} as delivery
    on query.site = delivery.site and query.source_name = delivery.source_name
