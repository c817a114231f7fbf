-- A view: of a study's largest dataset the checks read two columns, once.
{{ config(materialized='view') }}
select * from {{ ref('stg_audit') }}
