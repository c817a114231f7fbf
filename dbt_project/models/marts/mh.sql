select * from {{ ref('stg_mh') }}
