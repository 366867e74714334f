-- One row: what the runs from $first to $last add up to; twin of digests/totals.py.
select
    count(*) as runs,
    count(distinct local_date) as days_run,
    coalesce(sum(distance_m), 0) as distance_m,
    coalesce(sum(moving_s), 0) as moving_s,
    coalesce(sum(elevation_gain_m), 0) as elevation_gain_m,
    coalesce(sum(load), 0) as load,
    coalesce(max(distance_m), 0) as longest_m
from run_metrics
where local_date between $first and $last
