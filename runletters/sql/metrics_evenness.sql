-- One row per run with a whole split of $unit_m metres: how evenly they were run; twin
-- of metrics/pacing.py.
select
    activity_id,
    case
        when count(*) >= 3 then stddev_samp(pace_s) / avg(pace_s) * 100
    end as split_pace_variation_percent
from splits
where distance_m >= $unit_m - 0.5
group by activity_id
