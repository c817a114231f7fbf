-- Grain: one row per site and person whom a signed Form FDA 1572 lists as investigator or sub-investigator, if it has not ended by the day
-- of the extraction; the row to look at is the person's last form. `start_date` is the first day of any delegation, `disclosure_date` the
-- earliest day on which the person may have signed a financial disclosure.
with forms as (
    select paper.*, upper(paper.person) as person_key
    from {{ ref('int_paper') }} as paper
    left join {{ source('settings', 'extract') }} as extract
        on paper.site = extract.site and paper.source_name = extract.source_name
    where paper.paper = 'FORM 1572'
        and paper.listed_as in ('INVESTIGATOR', 'SUB-INVESTIGATOR')
        and paper.sign_date_raw is not null
        and not certainly_after(extract.extract_date, paper.expiry_date)
),

starts as (
    select
        site,
        upper(person) as person_key,
        case when count(start_date_raw) = count(start_date) then min(start_date) end as start_date
    from {{ ref('int_delegation') }}
    group by site, upper(person)
),

disclosures as (
    select
        site,
        upper(person) as person_key,
        min(sign_date) as disclosure_date,
        count(sign_date_raw) > count(sign_date) as has_unreadable_disclosure
    from {{ ref('int_paper') }}
    where paper = 'FINANCIAL DISCLOSURE'
    group by site, upper(person)
)

select
    form.site,
    cast(null as varchar) as subject,
    form.dataset,
    'FORM 1572 person=' || form.person_key as record,
    form.person,
    starts.start_date,
    disclosures.disclosure_date,
    coalesce(disclosures.has_unreadable_disclosure, false) as has_unreadable_disclosure,
    form.source_file,
    form.source_row
from forms as form
left join starts on form.site = starts.site and form.person_key = starts.person_key
left join disclosures on form.site = disclosures.site and form.person_key = disclosures.person_key
qualify row_number() over (
    partition by form.site, form.person_key order by coalesce(form.sign_date, '') desc, form.record, form.source_file, form.source_row
) = 1
