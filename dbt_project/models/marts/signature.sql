select * from {{ ref('stg_signature') }}
