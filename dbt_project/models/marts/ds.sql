select * from {{ ref('stg_ds') }}
