-- Grain: one row per entry of the accountability log: what moved, in capitals. `direction` is 1 where stock grows, -1 where it shrinks, 0 for
-- a count, and null where the log's word says none of these. An entry that leaves out the product or lot of its kit has those of the kit's others;
-- one that leaves out the product of its lot has the lot's, if the site has that lot of one product only.
with entries as (
    select
        *,
        upper(trim(movement)) as kind,
        upper(trim(product)) as product_name,
        upper(trim(lot)) as lot_name,
        upper(trim(kit_number)) as kit,
        upper(trim(VISIT)) as visit_name
    from {{ ref('ip_log') }}
),

of_kits as (
    select
        * exclude (product_name, lot_name),
        coalesce(product_name, case when kit is not null then max(product_name) over (partition by site, kit) end) as product_name,
        coalesce(lot_name, case when kit is not null then max(lot_name) over (partition by site, kit) end) as lot_name
    from entries
)

select
    site,
    subject,
    USUBJID,
    dataset,
    record,
    source_name,
    source_file,
    source_row,
    kind,
    case
        when kind in ('RECEIVED', 'RETURNED BY SUBJECT') then 1
        when kind in ('DISPENSED', 'RETURNED TO SPONSOR', 'DESTROYED', 'LOST') then -1
        when kind = 'COUNT' then 0
    end as direction,
    coalesce(
        product_name,
        case
            when
                lot_name is not null
                and min(product_name) over (partition by site, lot_name) = max(product_name) over (partition by site, lot_name)
                then max(product_name) over (partition by site, lot_name)
        end
    ) as product,
    lot_name as lot,
    kit,
    kit_number,
    visit_name as visit,
    VISIT as visit_as_delivered,
    quantity,
    movement_date,
    planned_units
from of_kits
