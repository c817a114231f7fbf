select * from {{ ref('stg_ae') }}
