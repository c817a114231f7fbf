select * from {{ ref('stg_temp_log') }}
