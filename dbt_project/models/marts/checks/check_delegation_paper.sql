-- Grain: one row per entry of the delegation log that names a person, beside the person's CV and Form FDA 1572, each by the earliest day
-- on which it may have been signed. A form that ended before the delegation began does not count.
with cvs as (
    select
        site,
        upper(person) as person_key,
        min(sign_date) as cv_date,
        count(sign_date_raw) > count(sign_date) as has_unreadable_cv
    from {{ ref('int_paper') }}
    where paper = 'CV'
    group by site, upper(person)
),

forms as (
    select site, upper(person) as person_key, sign_date, sign_date_raw, expiry_date
    from {{ ref('int_paper') }}
    where paper = 'FORM 1572'
),

forms_in_force as (
    select
        entry.site,
        entry.record,
        min(forms.sign_date) as form_1572_date,
        count(forms.sign_date_raw) > count(forms.sign_date) as has_unreadable_form
    from {{ ref('int_delegation') }} as entry
    inner join forms on entry.site = forms.site and upper(entry.person) = forms.person_key
    where not certainly_after(entry.start_date, forms.expiry_date)
    group by entry.site, entry.record
)

select
    entry.site,
    entry.subject,
    entry.dataset,
    entry.record,
    entry.person,
    entry.role,
    entry.task,
    entry.start_date,
    cvs.cv_date,
    coalesce(cvs.has_unreadable_cv, false) as has_unreadable_cv,
    forms_in_force.form_1572_date,
    coalesce(forms_in_force.has_unreadable_form, false) as has_unreadable_form,
    entry.site in (select site from forms) as is_ind_site,
    entry.source_file,
    entry.source_row
from {{ ref('int_delegation') }} as entry
left join cvs on entry.site = cvs.site and upper(entry.person) = cvs.person_key
left join forms_in_force on entry.site = forms_in_force.site and entry.record = forms_in_force.record
where entry.person is not null
