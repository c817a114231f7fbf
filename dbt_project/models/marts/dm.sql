select * from {{ ref('stg_dm') }}
