select * from {{ ref('stg_ie') }}
