select * from {{ ref('stg_co_consent') }}
