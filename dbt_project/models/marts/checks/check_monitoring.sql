-- Grain: one row per monitoring visit or action item. An item that has no due date is due MON-02 default_days after it was opened.
with default_days as (
    select cast(value as bigint) as days
    from {{ source('settings', 'parameter') }}
    where check_id = 'MON-02' and name = 'default_days'
)

select
    monitoring.*,
    coalesce(upper(trim(monitoring.record_type)) = 'VISIT', false) as is_visit,
    coalesce(upper(trim(monitoring.record_type)) = 'ACTION ITEM', false) as is_action_item,
    case
        when monitoring.due_date_raw is not null then monitoring.due_date
        else {{ iso_day('final_day(monitoring.opened_date)', 'default_days.days') }}
    end as due_on,
    coalesce(monitoring.item, monitoring.monitoring_id)
    || case when monitoring.closed_date_raw is not null then ' (closed late)' else '' end as item_text,
    case when monitoring.closed_date_raw is not null then 'minor' end as item_severity,
    extract.extract_date
from {{ ref('monitoring') }} as monitoring
cross join default_days
left join {{ source('settings', 'extract') }} as extract
    on monitoring.site = extract.site and monitoring.source_name = extract.source_name
