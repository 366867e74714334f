-- One row per local day from the first run to $until, days of rest included; twin of
-- metrics/load.py.
with
    days as (
        select
            unnest(range(min(local_date), $until::date + 1, interval 1 day))::date
            as local_date
        from run_metrics
    )
select
    days.local_date,
    coalesce(sum(runs.load), 0) as load,
    count(runs.activity_id) as runs_count,
    coalesce(sum(runs.distance_m), 0) as distance_m,
    coalesce(sum(runs.moving_s), 0) as moving_s
from days
left join run_metrics as runs on runs.local_date = days.local_date
group by days.local_date
order by days.local_date
