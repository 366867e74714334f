-- One row per week, month or year ($period) with a run; twin of metrics/trends.py.
select
    date_trunc($period, local_date)::date as period_start,
    count(*) as runs_count,
    count(distinct local_date) as days_run,
    coalesce(sum(distance_m), 0) as distance_m,
    coalesce(sum(moving_s), 0) as moving_s,
    max(distance_m) as longest_m,
    coalesce(sum(elevation_gain_m), 0) as elevation_gain_m,
    coalesce(sum(load), 0) as load,
    avg(efficiency_factor) as efficiency_factor,
    count(efficiency_factor) as efficiency_n,
    sum(moving_s) filter (pace_quality in ('measured', 'estimated'))
    / nullif(sum(distance_m) filter (pace_quality in ('measured', 'estimated')), 0)
    * 1000 as pace_s_per_km
from run_metrics
group by period_start
order by period_start
