select * from {{ ref('stg_ex') }}
