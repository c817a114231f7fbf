-- Grain: one row per site, source and due time of the delivery calendar (X-03's parameter) by the day of the newest delivery. A site of the site list
-- without a day of activation is planned, unless the list has no such day of any site.
with activation as (
    select bool_or(delivered) as is_delivered
    from {{ source('settings', 'availability') }}
    where dataset = 'SITE' and variable = 'activation_date'
)

select
    expected.site,
    cast(null as varchar) as subject,
    expected.dataset,
    expected.source_name || ' due ' || expected.due_at as record,
    expected.due_at,
    expected.received_at,
    expected.as_of,
    (master.site_id is null or master.activation_date is not null or not coalesce(activation.is_delivered, false))
    and not certainly_after(master.activation_date, expected.due_at)
    and not certainly_after(expected.due_at, master.closure_date) as is_open,
    expected.source_file,
    cast(null as bigint) as source_row
from {{ source('settings', 'expected_delivery') }} as expected
cross join activation
left join {{ ref('int_site') }} as master on expected.site = master.site_id
