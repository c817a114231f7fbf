-- Grain: one row per dated record of a study procedure (SV, VS, LB, EG, EX) of a subject. Results of tests that study.yml allows before
-- consent (IC-02 pre_consent_allowed) are marked.
{{ config(materialized='view') }}
{% set columns = 'site, subject, USUBJID, dataset, record, source_file, source_row' %}
with procedures as (
    select {{ columns }}, SVSTDTC as procedure_date, '' as testcd from {{ ref('sv') }}
    union all
    select {{ columns }}, VSDTC, VSTESTCD from {{ ref('vs') }}
    union all
    select {{ columns }}, LBDTC, LBTESTCD from {{ ref('lb') }}
    union all
    select {{ columns }}, EGDTC, EGTESTCD from {{ ref('eg') }}
    union all
    select {{ columns }}, EXSTDTC, '' from {{ ref('ex') }}
)

select
    procedures.*,
    allowed.value is not null as is_allowed_before_consent
from procedures
left join {{ source('settings', 'parameter') }} as allowed
    on allowed.check_id = 'IC-02' and allowed.name = 'pre_consent_allowed' and procedures.testcd = allowed.value
where procedure_date is not null and USUBJID is not null
