-- One row per user and local year: runs, other activities, and what was written about.
SELECT
    activities.user_id,
    year(activities.local_date) AS year,
    count(*) FILTER (activities.is_run) AS runs,
    count(*) FILTER (NOT activities.is_run) AS other_activities,
    sum(activities.distance_m) FILTER (activities.is_run) / 1000 AS run_distance_km,
    sum(activities.moving_s) FILTER (activities.is_run) / 3600 AS run_moving_h,
    count(*) FILTER (generation_status.letter_status = 'completed') AS letters,
    count(*) FILTER (generation_status.coaching_status = 'completed') AS insights
FROM activities
LEFT JOIN generation_status USING (user_id, activity_id)
GROUP BY activities.user_id, year
ORDER BY activities.user_id, year
