select * from {{ ref('stg_kit') }}
