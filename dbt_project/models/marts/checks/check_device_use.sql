-- Grain: one row per site with dated calibrations, dataset, device and day on which it was used; days on which results name no device are
-- those of a device of their type, the best calibrated of several (`is_assumed`). A device that the site's list does not have was never
-- calibrated; a day of which the latest calibration says no due date is left out. The row to look at is the first result of the day.
with devices as (
    select
        site, upper(trim(device_id)) as device, trim(device_id) as device_id, upper(trim(device_type)) as device_type,
        calibration_date, due_date,
        calibration_date is not null and due_date is not null as is_dated,
        calibration_date is null and calibration_date_raw is not null as is_unreadable
    from {{ ref('equipment') }}
    where device_id is not null
),

calibrations as (
    select * from devices where is_dated
),

measured as (
    {% for table, prefix in [('vs', 'VS'), ('eg', 'EG')] %}
    select
        site, '{{ prefix }}' as dataset, coalesce(upper(trim({{ prefix }}TESTCD)), '') as testcd, upper(trim(device_id)) as device,
        substr({{ prefix }}DTC, 1, 10) as used, source_file, min(source_row) as source_row
    from {{ ref(table) }}
    where
        {{ prefix }}DTC is not null and coalesce(upper({{ prefix }}STAT), '') <> 'NOT DONE'
        and site in (select site from calibrations)
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Where the site has a device for the test itself, that one is meant, else one for all tests of the dataset.
of_type as (
    select distinct tests.dataset, tests.testcd, calibrations.site, calibrations.device, calibrations.device_type
    from (select distinct site, dataset, testcd from measured where device is null) as tests
    inner join calibrations
        on tests.site = calibrations.site and calibrations.device_type in (tests.testcd, tests.dataset)
    qualify rank() over (
        partition by calibrations.site, tests.dataset, tests.testcd
        order by case when calibrations.device_type = tests.testcd then 0 else 1 end
    ) = 1
),

uses as (
    select site, dataset, testcd, device, used, source_file, source_row, false as is_assumed
    from measured
    where device is not null
    union all
    select measured.site, measured.dataset, measured.testcd, of_type.device, used, source_file, source_row, true
    from measured
    inner join of_type
        on measured.site = of_type.site and measured.dataset = of_type.dataset and measured.testcd = of_type.testcd
    where measured.device is null
),

-- The latest calibration that may lie before the day is the one that counts. What is due after it is unknown where it does not say so, where
-- a calibration has a date that cannot be read, and where the list has the device without any calibration.
days as (
    select
        uses.site, uses.device, uses.used,
        coalesce(min(devices.device_id), uses.device) as device_id,
        nullif(arg_max(coalesce(devices.due_date, ''), earliest_first(devices.calibration_date) || coalesce(devices.due_date, '')) filter (
            where not certainly_after(devices.calibration_date, uses.used)
        ), '') as due,
        coalesce(
            bool_or(devices.is_unreadable)
            or not bool_or(devices.is_dated)
            or arg_max(devices.due_date is null, earliest_first(devices.calibration_date) || coalesce(devices.due_date, '')) filter (
                where not certainly_after(devices.calibration_date, uses.used)
            ), false
        ) as is_undecided
    from (select distinct site, device, used from uses) as uses
    left join devices on uses.site = devices.site and uses.device = devices.device
    group by uses.site, uses.device, uses.used
),

chosen as (
    select uses.*, days.device_id, days.due, days.is_undecided
    from uses
    inner join days on uses.site = days.site and uses.device = days.device and uses.used = days.used
    qualify
        not uses.is_assumed
        or dense_rank() over (
            partition by uses.site, uses.dataset, uses.testcd, uses.used, uses.is_assumed
            order by case when days.is_undecided then 0 else 1 end, coalesce(days.due, '') desc, uses.device
        ) = 1
)

select
    site,
    cast(null as varchar) as subject,
    dataset,
    'device=' || device || '; used=' || used || case when is_assumed then ' (device assumed)' else '' end as record,
    min(device_id) || case when is_assumed then ' (device assumed)' else '' end as device_text,
    used,
    due,
    is_assumed,
    min(source_file) as source_file,
    arg_min(source_row, source_file || lpad(cast(source_row as varchar), 12, '0')) as source_row
from chosen
where not is_undecided
group by site, dataset, device, used, due, is_assumed
