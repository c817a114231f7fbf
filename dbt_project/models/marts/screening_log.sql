select * from {{ ref('stg_screening_log') }}
