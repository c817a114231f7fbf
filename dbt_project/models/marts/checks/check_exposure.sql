-- Grain: one row per record of EX. A view: all facts are in the mart.
{{ config(materialized='view') }}
select * from {{ ref('ex') }}
