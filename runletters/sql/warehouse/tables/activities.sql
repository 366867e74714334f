-- One row per activity of a user's history, every sport, oldest first.
SELECT
    user_id,
    activity_id,
    started_at,
    utc_offset_s,
    CAST(
        (started_at AT TIME ZONE 'UTC') + to_seconds(coalesce(utc_offset_s, 0)) AS DATE
    ) AS local_date,
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
    list_distinct(list_transform(sources, lambda source: source.kind)) AS source_kinds,
    has_streams,
    ingested_at
FROM raw_activities
ORDER BY user_id, started_at, activity_id
