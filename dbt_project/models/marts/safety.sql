select * from {{ ref('stg_safety') }}
