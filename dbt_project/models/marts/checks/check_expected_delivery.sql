-- Grain: one row per site, source and due time of the delivery calendar (X-03's parameter) by the day of the newest delivery.
select
    expected.site,
    cast(null as varchar) as subject,
    expected.dataset,
    expected.source_name || ' due ' || expected.due_at as record,
    expected.due_at,
    expected.received_at,
    expected.as_of,
    not certainly_after(master.activation_date, expected.due_at) and not certainly_after(expected.due_at, master.closure_date) as is_open,
    expected.source_file,
    cast(null as bigint) as source_row
from {{ source('settings', 'expected_delivery') }} as expected
left join {{ ref('int_site') }} as master on expected.site = master.site_id
