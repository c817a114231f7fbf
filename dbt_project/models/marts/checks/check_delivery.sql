-- Grain: one row per received file that counts: the current one of a site and source, or a later one that was refused as empty or is held
-- for its rows.
select
    delivery.site,
    cast(null as varchar) as subject,
    delivery.dataset,
    delivery.source_name as record,
    delivery.row_count,
    delivery.previous,
    delivery.received_on,
    coalesce(redelivery.late_on || ' (' || redelivery.late_file || ', extracted before the current one)', redelivery.repeated_on, delivery.received_on)
    as last_received,
    redelivery.site is not null as is_redelivery,
    redelivery.repeated_on is not null as is_repeated,
    redelivery.stated_extract_date,
    redelivery.previous_extract_date,
    delivery.held_for,
    not certainly_after(master.activation_date, coalesce(redelivery.late_on, redelivery.repeated_on, delivery.received_on))
    and not certainly_after(coalesce(redelivery.late_on, redelivery.repeated_on, delivery.received_on), master.closure_date)
    as is_activity_expected,
    delivery.source_file,
    cast(null as bigint) as source_row
from {{ source('settings', 'delivery') }} as delivery
left join {{ source('settings', 'redelivery') }} as redelivery on delivery.source_file = redelivery.source_file
left join {{ ref('int_site') }} as master on delivery.site = master.site_id
