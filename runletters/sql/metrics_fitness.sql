-- One row per local day: CTL, ATL, TSB, monotony, strain and ramp of daily loads;
-- twin of
-- metrics/load.py.
with
    decayed as (
        select
            today.local_date,
            any_value(today.load) as load,
            sum(
                past.load
                * (1 - exp(-1 / 42.0))
                * exp(- (today.local_date - past.local_date) / 42.0)
            ) as ctl,
            sum(
                past.load
                * (1 - exp(-1 / 7.0))
                * exp(- (today.local_date - past.local_date) / 7.0)
            ) as atl
        from daily_load as today
        join daily_load as past on past.local_date <= today.local_date
        group by today.local_date
    ),
    rolled as (
        select
            *,
            count(*) over week as week_days,
            avg(load) over week as week_mean,
            sum(load) over week as week_sum,
            stddev_pop(load) over week as week_deviation,
            max(load) over week > min(load) over week as is_uneven,
            count(*) over month as month_days,
            avg(load) over month as month_mean,
            lag(ctl - atl) over (order by local_date) as form,
            lag(ctl, 7) over (order by local_date) as ctl_before
        from decayed
        window
            week as (order by local_date rows 6 preceding),
            month as (order by local_date rows 27 preceding)
    )
select
    local_date,
    load,
    ctl,
    atl,
    coalesce(form, 0) as tsb,
    ctl - ctl_before as ramp_ctl_per_week,
    case when week_days = 7 then week_sum end as load_7d,
    case
        when month_days = 28 and month_mean > 0 then week_mean / month_mean
    end as load_ratio_7_28,
    case
        when week_days = 7 and is_uneven then week_mean / week_deviation
    end as monotony_7d,
    case
        when week_days = 7 and is_uneven then week_sum * week_mean / week_deviation
    end as strain_7d
from rolled
order by local_date
