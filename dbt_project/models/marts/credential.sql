select * from {{ ref('stg_credential') }}
