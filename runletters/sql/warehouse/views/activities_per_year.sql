-- One row per user and local year: runs, other activities, and what was written about.
select
    activities.user_id,
    year(activities.local_date) as year,
    count(*) filter (activities.is_run) as runs,
    count(*) filter (not activities.is_run) as other_activities,
    sum(activities.distance_m) filter (activities.is_run) / 1000 as run_distance_km,
    sum(activities.moving_s) filter (activities.is_run) / 3600 as run_moving_h,
    count(*) filter (generation_status.letter_status = 'completed') as letters,
    count(*) filter (generation_status.coaching_status = 'completed') as insights
from activities
left join generation_status using (user_id, activity_id)
group by activities.user_id, year
order by activities.user_id, year
