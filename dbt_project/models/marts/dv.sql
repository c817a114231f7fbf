select * from {{ ref('stg_dv') }}
