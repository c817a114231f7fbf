select * from {{ ref('stg_query') }}
