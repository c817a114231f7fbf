-- Grain: one row per laboratory result. A view: all facts are in the mart.
{{ config(materialized='view') }}
select * from {{ ref('lb') }}
