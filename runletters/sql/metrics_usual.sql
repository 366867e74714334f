-- One row per run that has runs in the 56 days before it: how many and their medians;
-- twin of metrics/classify.py.
select
    runs.activity_id,
    count(*) as usual_runs,
    median(others.distance_m) as usual_distance_m,
    median(others.pace_s_per_km) as usual_pace_s_per_km,
    median(others.heart_rate_avg_bpm) filter (
        where others.heart_rate_quality = 'measured'
    ) as usual_heart_rate_bpm
from run_metrics as runs
join
    run_metrics as others
    on others.local_date < runs.local_date
    and others.local_date >= runs.local_date - 56
where others.pace_quality in ('measured', 'estimated')
group by runs.activity_id
