-- Grain: one row per site and laboratory with its certified sample days, and one per gap: the sample days that lie behind the same last
-- certificate (or before all) and in none. The row to look at is the first sample of them.
with certificates as (
    select site, {{ laboratory_key('laboratory') }} as laboratory, issue_date, expiry_date
    from {{ ref('lab_cert') }}
    where replace(upper(certificate_type), ' ', '') in (
        select replace(upper(value), ' ', '')
        from {{ source('settings', 'parameter') }}
        where check_id = 'LAB-01' and name = 'accepted_types'
    )
),

-- A blank end of a certificate is open: nothing is certain beyond it.
judged as (
    select
        days.site, days.laboratory, days.sample_date, days.source_file, days.source_row,
        min(days.laboratory_name) as laboratory_name,
        coalesce(bool_or(
            not certainly_after(certificates.issue_date, days.sample_date)
            and not certainly_after(days.sample_date, certificates.expiry_date)
        ) filter (where certificates.site is not null), false) as is_certified,
        max(certificates.expiry_date) as last_expiry,
        max(certificates.expiry_date) filter (
            where certainly_after(days.sample_date, certificates.expiry_date)
        ) as expiry_before
    from {{ ref('int_laboratory_sample_day') }} as days
    left join certificates on days.site = certificates.site and days.laboratory = certificates.laboratory
    group by days.site, days.laboratory, days.sample_date, days.source_file, days.source_row
),

spans as (
    select *, case when is_certified then last_expiry else expiry_before end as expiry
    from judged
)

select
    site,
    cast(null as varchar) as subject,
    'LB' as dataset,
    'laboratory=' || laboratory
    || case when is_certified then '' else '; without certificate after ' || coalesce(expiry, '(none)') end as record,
    min(laboratory_name) as laboratory_name,
    is_certified,
    arg_min(sample_date, earliest_first(sample_date)) as LBDTC,
    expiry,
    count(*) as sample_day_count,
    arg_min(source_file, earliest_first(sample_date)) as source_file,
    arg_min(source_row, earliest_first(sample_date)) as source_row
from spans
group by site, laboratory, is_certified, expiry
