select * from {{ ref('stg_page') }}
