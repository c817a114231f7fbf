-- Grain: one row per entry of the delegation log that names a person, beside the person's CV and Form FDA 1572, each by the earliest day
-- on which it may have been signed. A form that ended before the delegation began does not count. DOA-06 cv_roles and FDA-01
-- significant_tasks are compared in capitals, as the log is.
with cv_roles as (
    select distinct upper(trim(value)) as role
    from {{ source('settings', 'parameter') }}
    where check_id = 'DOA-06' and name = 'cv_roles'
),

significant_tasks as (
    select distinct upper(trim(value)) as task
    from {{ source('settings', 'parameter') }}
    where check_id = 'FDA-01' and name = 'significant_tasks'
),

cvs as (
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
    cv_roles.role is not null as is_cv_required,
    coalesce(entry.role in ('SUB-I', 'SUB-INVESTIGATOR', 'SUBINVESTIGATOR'), false) or significant_tasks.task is not null as is_form_required,
    cvs.cv_date,
    coalesce(cvs.has_unreadable_cv, false) as has_unreadable_cv,
    forms_in_force.form_1572_date,
    coalesce(forms_in_force.has_unreadable_form, false) as has_unreadable_form,
    entry.site in (select site from forms) as is_ind_site,
    entry.source_file,
    entry.source_row
from {{ ref('int_delegation') }} as entry
left join cv_roles on entry.role = cv_roles.role
left join significant_tasks on entry.task = significant_tasks.task
left join cvs on entry.site = cvs.site and upper(entry.person) = cvs.person_key
left join forms_in_force on entry.site = forms_in_force.site and entry.record = forms_in_force.record
where entry.person is not null
