select * from {{ ref('stg_equipment') }}
