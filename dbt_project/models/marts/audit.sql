select * from {{ ref('stg_audit') }}
