select * from {{ ref('stg_participation') }}
