select * from {{ ref('stg_delegation') }}
