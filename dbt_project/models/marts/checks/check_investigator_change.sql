-- Grain: one row per site and change of its principal investigator that the site master records: another one is named before this one. A list
-- of sites that several folders deliver says it once. `form_1572_date` is the earliest
-- day on which this one may have signed a Form FDA 1572 as investigator; a form that ended before does not count.
with changes as (
    select
        coalesce(trim(record.site_id), record.site) as site,
        record.dataset,
        record.record as list_record,
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
        upper(change.investigator) as person_key,
        change.investigator_start_date,
        min(forms.sign_date) as form_1572_date,
        count(forms.sign_date_raw) > count(forms.sign_date) as has_unreadable_form
    from (select distinct site, investigator, investigator_start_date from changes) as change
    inner join forms on change.site = forms.site and upper(change.investigator) = forms.person_key
    where not certainly_after(change.investigator_start_date, forms.expiry_date)
    group by change.site, upper(change.investigator), change.investigator_start_date
)

select
    change.site,
    cast(null as varchar) as subject,
    change.dataset,
    'investigator=' || upper(change.investigator) || ' previous_investigator=' || upper(change.previous_investigator) as record,
    change.investigator,
    change.previous_investigator,
    change.investigator_start_date,
    signed.form_1572_date,
    coalesce(signed.has_unreadable_form, false) as has_unreadable_form,
    change.site in (select site from {{ ref('int_paper') }} where paper = 'FORM 1572') as is_ind_site,
    change.source_file,
    change.source_row
from changes as change
left join signed
    on
        change.site = signed.site
        and upper(change.investigator) = signed.person_key
        and change.investigator_start_date is not distinct from signed.investigator_start_date
where upper(change.investigator) <> upper(change.previous_investigator)
qualify row_number() over (
    partition by change.site, upper(change.investigator), upper(change.previous_investigator)
    order by {{ blank_last('change.investigator_start_date') }}, change.list_record, change.source_file, change.source_row
) = 1
