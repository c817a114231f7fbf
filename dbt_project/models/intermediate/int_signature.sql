-- Grain: one row per dated signature of a subject's pages by somebody who may sign: the principal investigator, or whoever is delegated SIGNATURE that
-- day. It is on a page, on the form at the visit, on the visit, or where it names none of them on the whole casebook.
with signed as (
    select
        signature.site, signature.subject, signature.page_id,
        upper(trim(signature.form)) as form,
        upper(trim(signature.visit)) as visit,
        signature.signed_at, signature.record, signature.source_file, signature.source_row,
        upper(trim(signature.signed_by)) as signed_by,
        coalesce(alias.person, trim(signature.signed_by)) as person
    from {{ ref('signature') }} as signature
    {{ join_person_named('signature', 'signed_by') }}
    where signature.signed_at is not null and signature.subject is not null
)

select signed.* exclude (signed_by)
from signed
inner join {{ ref('int_investigator') }} as investigator
    on signed.site = investigator.site and upper(signed.person) = investigator.person_key
union
select signed.* exclude (signed_by)
from signed
inner join {{ ref('int_delegation') }} as delegation
    on signed.site = delegation.site and upper(signed.person) = upper(delegation.person)
where
    delegation.task = 'SIGNATURE'
    and not certainly_after(delegation.start_date, signed.signed_at)
    and not certainly_after(signed.signed_at, delegation.end_date)
