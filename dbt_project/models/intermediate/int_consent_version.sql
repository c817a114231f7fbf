-- Grain: one row per version of a consent form in a language at a site, of several the one approved first. A form without type is the main
-- one. `ordering_date` tells versions of a form apart in time: the date of the version where the site gives it for all of them, else the day
-- from which the site uses them. `later_version` is the first later one in that language to come into effect; zh and zh-CN are one language,
-- zh-CN and zh-TW are two.
with versions as (
    select
        site,
        coalesce(upper(trim(form_type)), 'MAIN') as form,
        upper(trim(icf_version)) as version,
        coalesce(lower(trim(form_language)), '') as language,
        version_date,
        irb_approval_date,
        irb_approval_date_raw,
        site_effective_date,
        coalesce(upper(trim(reconsent_required)) in ('Y', 'YES', 'TRUE'), false) as is_reconsent_required,
        upper(trim(reconsent_statuses)) as reconsent_statuses
    from {{ ref('icf_version') }}
    where icf_version is not null
    qualify row_number() over (
        partition by site, coalesce(upper(trim(form_type)), 'MAIN'), upper(trim(icf_version)), coalesce(lower(trim(form_language)), '')
        order by {{ blank_last('irb_approval_date') }}, {{ blank_last('site_effective_date') }}, content_hash, source_file, source_row
    ) = 1
),

ordered as (
    select
        * exclude (version_date),
        case
            when count(version_date) over (partition by site, form) = count(*) over (partition by site, form) then version_date
            else site_effective_date
        end as ordering_date
    from versions
),

later as (
    select
        earlier.site,
        earlier.form,
        earlier.version,
        earlier.language,
        {{ without_mark('min(earliest_first(next.site_effective_date))') }} as later_effective_date,
        min_by(next.version, earliest_first(next.site_effective_date) || next.version) as later_version
    from ordered as earlier
    inner join ordered as next
        on earlier.site = next.site and earlier.form = next.form and (
            earlier.language = next.language
            or (earlier.language <> '' and starts_with(next.language, earlier.language || '-'))
            or (next.language <> '' and starts_with(earlier.language, next.language || '-')))
    where certainly_after(next.ordering_date, earlier.ordering_date) and next.site_effective_date is not null
    group by earlier.site, earlier.form, earlier.version, earlier.language
)

select ordered.*, later.later_version, later.later_effective_date
from ordered
left join later
    on ordered.site = later.site
    and ordered.form = later.form
    and ordered.version = later.version
    and ordered.language = later.language
