select * from {{ ref('stg_person') }}
