-- Grain: one row per laboratory result. A view: all facts are in the mart.
{{ config(materialized='view', contract={'enforced': false}) }}
select * from {{ ref('lb') }}
