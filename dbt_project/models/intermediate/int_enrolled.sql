-- Grain: one row per enrolled subject: in the randomisation list, or with a randomisation or enrolment in disposition.
select distinct USUBJID from {{ ref('rand') }} where USUBJID is not null
union
select distinct USUBJID from {{ ref('ds') }}
where USUBJID is not null and (upper(DSDECOD) like '%RANDOMIZ%' or upper(DSDECOD) like '%ENROLLED%')
