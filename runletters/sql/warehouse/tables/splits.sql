-- One row per split of a run: a kilometre or a mile, the last one shorter.
select
    user_id,
    activity_id,
    "index" as split_index,
    distance_m,
    elapsed_s,
    moving_s,
    pace_s,
    elevation_change_m,
    heart_rate_avg_bpm
from raw_splits
order by user_id, activity_id, split_index
