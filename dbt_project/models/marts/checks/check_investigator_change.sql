-- Grain: one row per record of the site master that names another principal investigator before this one. `form_1572_date` is the earliest
-- day on which this one may have signed a Form FDA 1572 as investigator; a form that ended before does not count.
with changes as (
    select
        coalesce(trim(record.site_id), record.site) as site,
        record.dataset,
        record.record,
        record.source_file,
        record.source_row,
        record.investigator_start_date,
        coalesce(now.person, trim(record.investigator)) as investigator,
        coalesce(before.person, trim(record.previous_investigator)) as previous_investigator
    from {{ ref('site') }} as record
    left join {{ ref('int_person_alias') }} as now
        on coalesce(trim(record.site_id), record.site) = now.site and upper(trim(record.investigator)) = now.alias
    left join {{ ref('int_person_alias') }} as before
        on coalesce(trim(record.site_id), record.site) = before.site and upper(trim(record.previous_investigator)) = before.alias
),

forms as (
    select site, upper(person) as person_key, sign_date, sign_date_raw, expiry_date
    from {{ ref('int_paper') }}
    where paper = 'FORM 1572' and coalesce(listed_as, 'INVESTIGATOR') = 'INVESTIGATOR'
),

signed as (
    select
        change.site,
        change.record,
        min(forms.sign_date) as form_1572_date,
        count(forms.sign_date_raw) > count(forms.sign_date) as has_unreadable_form
    from changes as change
    inner join forms on change.site = forms.site and upper(change.investigator) = forms.person_key
    where not certainly_after(change.investigator_start_date, forms.expiry_date)
    group by change.site, change.record
)

select
    change.site,
    cast(null as varchar) as subject,
    change.dataset,
    change.record,
    change.investigator,
    change.previous_investigator,
    change.investigator_start_date,
    signed.form_1572_date,
    coalesce(signed.has_unreadable_form, false) as has_unreadable_form,
    change.site in (select site from {{ ref('int_paper') }} where paper = 'FORM 1572') as is_ind_site,
    change.source_file,
    change.source_row
from changes as change
left join signed on change.site = signed.site and change.record = signed.record
where upper(change.investigator) <> upper(change.previous_investigator)
