-- Grain: one row per record of PAGE. A view: all facts are in the mart.
{{ config(materialized='view') }}
select * from {{ ref('page') }}
