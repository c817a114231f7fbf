select * from {{ ref('stg_training') }}
