-- One row per run and split of $unit_m metres, boundaries interpolated; twin of
-- metrics/splits.py.
with
    bounded as (
        select
            activity_id,
            t_s,
            distance_m,
            moving_t_s,
            dt_s,
            dd_m,
            distance_m - dd_m as start_m,
            altitude_m,
            lag(moving_t_s) over one_run as start_moving_t_s,
            lag(altitude_m) over one_run as start_altitude_m,
            cast(floor((distance_m - dd_m) / $unit_m + 1e-9) as bigint) as first_index,
            cast(floor(distance_m / $unit_m + 1e-9) as bigint) as last_index
        from samples
        window one_run as (partition by activity_id order by t_s)
    ),
    crossed as (
        select *, unnest(range(first_index + 1, last_index + 1)) as index
        from bounded
        where last_index > first_index
    ),
    points as (
        select
            activity_id,
            index * $unit_m as distance_m,
            t_s
            - dt_s
            + least(1, greatest(0, (index * $unit_m - start_m) / dd_m)) * dt_s as t_s,
            start_moving_t_s
            + least(1, greatest(0, (index * $unit_m - start_m) / dd_m))
            * (moving_t_s - start_moving_t_s) as moving_t_s,
            start_altitude_m
            + least(1, greatest(0, (index * $unit_m - start_m) / dd_m))
            * (altitude_m - start_altitude_m) as altitude_m
        from crossed
        union all
        select activity_id, 0, min(t_s), 0, arg_min_null(altitude_m, t_s)
        from samples
        group by activity_id
        union all
        select
            activity_id,
            max(distance_m),
            max(t_s),
            max(moving_t_s),
            arg_max_null(altitude_m, t_s)
        from samples
        group by activity_id
    ),
    cut as (
        select
            activity_id,
            row_number() over one_run - 1 as index,
            distance_m - lag(distance_m) over one_run as distance_m,
            t_s - lag(t_s) over one_run as elapsed_s,
            moving_t_s - lag(moving_t_s) over one_run as moving_s,
            altitude_m - lag(altitude_m) over one_run as elevation_change_m
        from points
        window one_run as (partition by activity_id order by distance_m, t_s)
    ),
    rates as (
        select
            activity_id,
            cast(floor((distance_m - dd_m / 2) / $unit_m) as bigint) + 1 as index,
            avg(heart_rate_bpm) as heart_rate_avg_bpm
        from samples
        where heart_rate_bpm is not null
        group by all
    )
select
    cut.activity_id,
    cut.index,
    cut.distance_m,
    cut.elapsed_s,
    cut.moving_s,
    cut.moving_s / cut.distance_m * $unit_m as pace_s,
    cut.elevation_change_m,
    rates.heart_rate_avg_bpm
from cut
left join rates on rates.activity_id = cut.activity_id and rates.index = cut.index
where cut.index > 0 and cut.distance_m >= 1
order by cut.activity_id, cut.index
