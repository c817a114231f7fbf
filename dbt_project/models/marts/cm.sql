select * from {{ ref('stg_cm') }}
