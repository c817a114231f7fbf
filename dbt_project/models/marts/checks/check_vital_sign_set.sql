-- Grain: one row per subject and set of vital signs as a visit has them: at how many visits it occurs, and who else at the site has it.
-- The row to look at is the first of the set's first visit.
with visits as (
    select
        *,
        row_number() over by_date as visit_number,
        count(*) over (partition by site, USUBJID, results) as visit_count,
        min(USUBJID) over (partition by site, results) as first_subject,
        max(USUBJID) over (partition by site, results) as last_subject
    from {{ ref('int_vital_sign_set') }}
    window by_date as (
        partition by site, USUBJID, results order by {{ blank_last('VSDTC') }}, VISITNUM nulls last, VISIT nulls last
    )
),

named as (
    select site, USUBJID, results, string_agg(coalesce(VISIT, VSDTC, cast(VISITNUM as varchar)), ', ' order by visit_number) as visits
    from visits
    group by site, USUBJID, results
)

select
    first.site,
    first.subject,
    first.USUBJID,
    vs.dataset,
    concat_ws(' ', 'VISIT=' || coalesce(first.VISIT, cast(first.VISITNUM as varchar)), 'VSDTC=' || first.VSDTC) as record,
    first.test_count,
    first.visit_count,
    named.visits,
    other_subject,
    named.visits || coalesce('; ' || other_subject, '') as repeated_at,
    vs.source_file,
    vs.source_row
from (
    select *, case when first_subject <> USUBJID then first_subject when last_subject <> USUBJID then last_subject end as other_subject
    from visits
    where visit_number = 1
) as first
inner join named on first.site = named.site and first.USUBJID = named.USUBJID and first.results = named.results
inner join {{ ref('vs') }} as vs
    on first.site = vs.site and first.USUBJID = vs.USUBJID
    and first.VISITNUM is not distinct from vs.VISITNUM
    and first.VISIT is not distinct from vs.VISIT
    and first.VSDTC is not distinct from substr(vs.VSDTC, 1, 10)
qualify row_number() over (
    partition by first.site, first.USUBJID, first.results order by vs.source_file, vs.source_row, vs.record
) = 1
