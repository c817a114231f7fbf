-- Grain: one row per record of AE. A view: all facts are in the mart.
{{ config(materialized='view') }}
select * from {{ ref('ae') }}
