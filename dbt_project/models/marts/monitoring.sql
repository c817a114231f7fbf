select * from {{ ref('stg_monitoring') }}
