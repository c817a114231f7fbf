select * from {{ ref('stg_ip_log') }}
