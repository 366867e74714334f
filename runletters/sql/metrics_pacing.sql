-- One row per run of two kilometres or more: pace of its halves and outer quarters by
-- distance; twin of metrics/pacing.py.
with
    totals as (
        select activity_id, max(distance_m) as total_m, max(moving_t_s) as total_s
        from samples
        group by activity_id
    ),
    marks as (
        select totals.activity_id, total_m, total_s, share, total_m * share as mark_m
        from totals, unnest([0.25, 0.5, 0.75]) as shares(share)
    ),
    passed as (
        select
            marks.activity_id,
            share,
            moving_t_s
            - (dt_s * cast(is_moving as integer))
            * (1 - (mark_m - (distance_m - dd_m)) / dd_m) as at_s
        from marks
        join
            samples
            on samples.activity_id = marks.activity_id
            and distance_m - dd_m < mark_m
            and distance_m >= mark_m
    ),
    spent as (
        select
            totals.activity_id,
            total_m / 1000 as km,
            total_s,
            max(at_s) filter (where share = 0.25) as s_25,
            max(at_s) filter (where share = 0.5) as s_50,
            max(at_s) filter (where share = 0.75) as s_75
        from totals
        join passed on passed.activity_id = totals.activity_id
        where total_m >= 2000
        group by all
    )
select
    activity_id,
    s_50 / (km / 2) as first_half_pace_s_per_km,
    (total_s - s_50) / (km / 2) as second_half_pace_s_per_km,
    s_25 / (km / 4) as first_quarter_pace_s_per_km,
    (total_s - s_75) / (km / 4) as last_quarter_pace_s_per_km,
    (total_s / s_50 - 2) * 100 as half_change_percent
from spent
