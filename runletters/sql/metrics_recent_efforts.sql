-- One row per distance: the best effort of the 90 days before $day and what it is worth
-- by Daniels and Gilbert, the one worth most first; twin of metrics/prediction.py.
with
    sound as (
        select activity_id, local_date, distance_m, elapsed_s
        from run_metrics
        where pace_quality = 'measured'
    ),
    efforts as (
        select sound.activity_id, sound.local_date, found.distance_m, found.elapsed_s
        from best_efforts as found
        join sound on sound.activity_id = found.activity_id
        union all
        select activity_id, local_date, distance_m, elapsed_s
        from sound
        where activity_id not in (select activity_id from best_efforts)
    ),
    recent as (
        select
            distance_m,
            min(elapsed_s) as elapsed_s,
            arg_min(activity_id, (elapsed_s, local_date, activity_id)) as activity_id,
            arg_min(local_date, (elapsed_s, local_date, activity_id)) as local_date
        from efforts
        where
            distance_m >= 1600
            and elapsed_s > 0
            and local_date >= $day - 90
            and local_date < $day
        group by distance_m
    ),
    costed as (
        select
            *,
            elapsed_s / 60 as minutes,
            -4.60
            + 0.182258 * distance_m / minutes
            + 0.000104 * power(distance_m / minutes, 2) as cost,
            0.8
            + 0.1894393 * exp(-0.012778 * minutes)
            + 0.2989558 * exp(-0.1932605 * minutes) as share
        from recent
    )
select activity_id, local_date, distance_m, elapsed_s, cost / share as vdot
from costed
order by vdot desc, distance_m
