select * from {{ ref('stg_isf_index') }}
