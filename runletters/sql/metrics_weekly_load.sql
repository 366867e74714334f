-- One row per week from Monday, weeks of rest included; twin of metrics/load.py.
with
    weeks as (
        select
            date_trunc('week', local_date)::date as week_start,
            sum(load) as load,
            sum(distance_m) as distance_m,
            sum(moving_s) as moving_s,
            sum(runs_count)::bigint as runs_count,
            count(*) filter (runs_count > 0) as days_run,
            isodow(max(local_date)) = 7 as is_complete
        from daily_load
        group by week_start
    )
select
    *,
    (distance_m / nullif(lag(distance_m) over (order by week_start), 0) - 1)
    * 100 as distance_change_percent
from weeks
order by week_start
