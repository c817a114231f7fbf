select * from {{ ref('stg_site') }}
