select * from {{ ref('stg_rand') }}
