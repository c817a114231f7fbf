select * from {{ ref('stg_irb') }}
