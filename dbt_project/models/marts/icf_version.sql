select * from {{ ref('stg_icf_version') }}
