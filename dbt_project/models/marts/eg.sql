select * from {{ ref('stg_eg') }}
