-- Grain: one row per stock count, and one per stock with its lowest balance. A stock is a kit; it is a lot of a product where a receipt of it
-- names no kit, and the product alone where an entry names no lot. What is not certain is not said: a movement that may lie before
-- or after a count leaves it undecided, and for the lowest balance receipts count from their first possible minute and issues from
-- their last. A movement on the day of a count lies before it, unless their times say otherwise. A movement that leaves out its lot or product
-- may be of any stock that it does not contradict: it leaves their counts undecided, and a receipt of that kind counts for their lowest balance.
with receipts as (
    select
        *,
        count(case when kind = 'RECEIVED' and kit is null then 1 end) over (partition by site, product, lot) as lot_receipts,
        count(case when kind = 'RECEIVED' and kit is null then 1 end) over (partition by site, product) as product_receipts,
        count(case when kind = 'RECEIVED' and kit is null then 1 end) over (partition by site) as site_receipts,
        count(case when kind = 'RECEIVED' then 1 end) over (partition by site, kit) as kit_receipts
    from {{ ref('int_product_movement') }}
),

movements as (
    select
        * exclude (lot_receipts, product_receipts, site_receipts, kit_receipts),
        {{ earliest_moment('movement_date') }} as earliest,
        {{ latest_moment('movement_date') }} as latest,
        -- A kit is followed by itself where each receipt of its lot names the kit; of a kit of which no lot or product is known, where it was
        -- received itself or no receipt that may be of its lot names none.
        kit is not null and lot_receipts = 0 and (
            kit_receipts > 0
            or case when product is null then site_receipts when lot is null then product_receipts else lot_receipts end = 0
        ) as is_by_kit,
        direction is not null and quantity is not null as is_readable
    from receipts
),

-- A movement belongs to its kit, its lot and its product, a count to the narrowest of them that it names.
named_stocks as (
    select
        *, 'kit' as level, 'kit ' || kit_number as stock, kit as stock_key,
        true as is_own_stock, is_by_kit as is_own_count, true as is_certain
    from movements
    where is_by_kit
    union all
    select
        *, 'lot', concat_ws(' ', product, 'lot ' || lot), concat_ws(' ', product, 'lot ' || lot), not is_by_kit, kit is null, true
    from movements
    where lot is not null
    union all
    select
        *, 'product', coalesce(product, '(no product)'), coalesce(product, '(no product)'),
        not is_by_kit and lot is null, kit is null and lot is null, true
    from movements
),

stocks as (
    select distinct site, level, stock, stock_key, product, case when level = 'lot' then lot end as lot
    from named_stocks
    where level <> 'kit'
),

-- A stock without a product may be of any product, a movement without a lot or product of any lot or product.
in_stocks as (
    select * from named_stocks
    union all
    select movements.*, stocks.level, stocks.stock, stocks.stock_key, false, false, false
    from movements
    inner join stocks on movements.site = stocks.site
    where
        not movements.is_by_kit
        and coalesce(movements.direction <> 0, true)
        and coalesce(movements.product = stocks.product, true)
        and (stocks.level = 'product' or coalesce(movements.lot = stocks.lot, true))
        and (
            movements.product is distinct from stocks.product
            or (stocks.level = 'lot' and movements.lot is null)
        )
),

-- Each movement twice: at the first minute at which it may have happened, and at the one by which it has.
moments as (
    select
        *, coalesce(earliest, '') as moment,
        0 as settled, 1 as possible,
        case when direction = 1 then quantity else 0 end as highest_change,
        cast(null as varchar) as settled_kind
    from in_stocks
    where coalesce(direction <> 0, true)
    union all
    select
        *, latest,
        1, 0,
        case when direction = -1 then -quantity else 0 end,
        kind
    from in_stocks
    where direction <> 0 and is_readable and is_certain and latest is not null
    union all
    select *, latest, 0, 0, 0, kind
    from in_stocks
    where direction = 0 and is_own_count and is_readable and length(movement_date) >= 10
),

balances as (
    select
        *,
        {% for kind, name in [('RECEIVED', 'received'), ('DISPENSED', 'dispensed'), ('RETURNED BY SUBJECT', 'returned'),
            ('RETURNED TO SPONSOR', 'returned_to_sponsor'), ('DESTROYED', 'destroyed'), ('LOST', 'lost')] %}
        sum(case when settled_kind = '{{ kind }}' then quantity else 0 end) over up_to_now as {{ name }},
        {% endfor %}
        sum(possible - settled) over up_to_now as undecided,
        sum(highest_change) over up_to_now as highest_balance
    from moments
    window up_to_now as (partition by site, level, stock_key order by moment)
),

-- Of each stock the movement at which its balance certainly falls below 0, else its first one.
lowest as (
    select
        *,
        row_number() over (
            partition by site, level, stock_key
            order by
                case when settled = 1 and direction = -1 and highest_balance < 0 then 0 else 1 end,
                is_certain desc, moment, record, source_file, source_row
        ) as position,
        min(highest_balance) over (partition by site, level, stock_key) as lowest_balance,
        max(case when is_own_stock then 1 else 0 end) over (partition by site, level, stock_key) as is_followed,
        count(case when coalesce(direction, 1) = 1 and not is_readable then 1 end) over (partition by site, level, stock_key) as unknown_receipts
    from balances
    where direction is null or direction <> 0
)

select
    site,
    cast(null as varchar) as subject,
    dataset,
    record,
    stock,
    received,
    dispensed,
    returned,
    returned_to_sponsor,
    destroyed,
    lost,
    quantity as on_hand,
    cast(null as double) as lowest_balance,
    to_nine_places(received - dispensed + returned - returned_to_sponsor - destroyed - lost) as balance,
    regexp_replace(cast(quantity as varchar), '[.]0$', '') as count_text,
    cast(undecided as bigint) as undecided_movements,
    source_file,
    source_row
from balances
where settled_kind = 'COUNT'
union all
select
    site,
    cast(null as varchar),
    dataset,
    level || '=' || stock_key,
    stock,
    received,
    dispensed,
    returned,
    returned_to_sponsor,
    destroyed,
    lost,
    cast(null as double),
    to_nine_places(lowest_balance),
    to_nine_places(lowest_balance),
    case when lowest_balance < 0 then 'none (below 0 on ' || coalesce(movement_date, '') || ')' end,
    cast(unknown_receipts as bigint),
    source_file,
    source_row
from lowest
where position = 1 and is_followed = 1
