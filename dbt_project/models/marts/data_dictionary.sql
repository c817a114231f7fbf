select * from {{ ref('stg_data_dictionary') }}
