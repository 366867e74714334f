-- One row per interval session: count and medians of its fast stretches; twin of
-- metrics/intervals.py.
select
    activity_id,
    count(*) as repetitions_count,
    median(duration_s) as repetition_s,
    median(distance_m) as repetition_m,
    sum(duration_s) / sum(distance_m) * 1000 as repetition_pace_s_per_km,
    stddev_samp(pace_s_per_km)
    / avg(pace_s_per_km)
    * 100 as repetition_pace_variation_percent,
    median(recovery_s) as recovery_s
from repetitions
group by activity_id
