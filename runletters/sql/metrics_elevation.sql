-- One row per run of 10 m or more: rises and falls of its altitude, read every 10 m and
-- averaged over 60 m; twin of metrics/elevation.py.
with
    bounded as (
        select
            activity_id,
            dd_m,
            distance_m - dd_m as start_m,
            altitude_m as end_altitude_m,
            lag(altitude_m) over (
                partition by activity_id order by t_s
            ) as start_altitude_m,
            cast(floor((distance_m - dd_m) / 10 + 1e-9) as bigint) as first_index,
            cast(floor(distance_m / 10 + 1e-9) as bigint) as last_index
        from samples
    ),
    points as (
        select *, unnest(range(first_index + 1, last_index + 1)) as index
        from bounded
        where last_index > first_index
    ),
    levels as (
        select
            activity_id,
            index,
            start_altitude_m
            + least(1, greatest(0, (index * 10 - start_m) / dd_m))
            * (end_altitude_m - start_altitude_m) as level_m
        from points
    ),
    smoothed as (
        select
            activity_id,
            index,
            case
                when level_m is not null
                then
                    avg(level_m) over (
                        partition by activity_id
                        order by index
                        rows between 3 preceding and 3 following
                    )
            end as level_m
        from levels
    ),
    steps as (
        select
            activity_id,
            level_m
            - lag(level_m) over (partition by activity_id order by index) as step_m
        from smoothed
        where level_m is not null
    )
select
    smoothed.activity_id,
    any_value(risen.gain_m) as stream_elevation_gain_m,
    any_value(risen.loss_m) as stream_elevation_loss_m
from smoothed
left join
    (
        select
            activity_id,
            sum(greatest(step_m, 0)) as gain_m,
            sum(greatest(- step_m, 0)) as loss_m
        from steps
        where step_m is not null
        group by activity_id
    ) as risen
    on risen.activity_id = smoothed.activity_id
group by smoothed.activity_id
