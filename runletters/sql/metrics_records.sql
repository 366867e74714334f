-- One row per distance: the runner's best effort, how many runs it is out of and
-- since when; twin
-- of metrics/best_efforts.py.
select
    efforts.effort,
    any_value(efforts.distance_m) as distance_m,
    min(efforts.elapsed_s) as elapsed_s,
    arg_min(
        efforts.activity_id, (efforts.elapsed_s, runs.local_date, efforts.activity_id)
    ) as activity_id,
    arg_min(
        runs.local_date, (efforts.elapsed_s, runs.local_date, efforts.activity_id)
    ) as local_date,
    count(*) as runs_count,
    min(runs.local_date) as since
from best_efforts as efforts
join run_metrics as runs on runs.activity_id = efforts.activity_id
where runs.pace_quality = 'measured'
group by efforts.effort
order by distance_m
