-- One row per activity of a user's history, every sport, oldest first.
select
    user_id,
    activity_id,
    started_at,
    utc_offset_s,
    cast(
        (started_at at time zone 'UTC') + to_seconds(coalesce(utc_offset_s, 0)) as date
    ) as local_date,
    sport,
    is_run,
    title,
    distance_m,
    elapsed_s,
    moving_s,
    elevation_gain_m,
    elevation_loss_m,
    heart_rate_avg_bpm,
    heart_rate_max_bpm,
    cadence_avg_rpm,
    power_avg_w,
    calories_kcal,
    device,
    is_manual,
    is_race,
    quality,
    rights,
    list_distinct(list_transform(sources, lambda source:source.kind)) as source_kinds,
    has_streams,
    ingested_at
from raw_activities
order by user_id, started_at, activity_id
