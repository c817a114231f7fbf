select * from {{ ref('stg_lab_cert') }}
