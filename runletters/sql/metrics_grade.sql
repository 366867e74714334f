-- One row per run of 10 m or more: flat metres per metre and pace on the flat by
-- Minetti's cost of slopes; twin of metrics/grade.py.
with
    bounded as (
        select
            activity_id,
            dd_m,
            distance_m - dd_m as start_m,
            altitude_m as end_altitude_m,
            lag(altitude_m) over one_run as start_altitude_m,
            moving_t_s as end_moving_t_s,
            lag(moving_t_s) over one_run as start_moving_t_s,
            cast(floor((distance_m - dd_m) / 10 + 1e-9) as bigint) as first_index,
            cast(floor(distance_m / 10 + 1e-9) as bigint) as last_index
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
            index,
            least(1, greatest(0, (index * 10 - start_m) / dd_m)) as share,
            start_altitude_m + share * (end_altitude_m - start_altitude_m) as level_m,
            start_moving_t_s + share * (end_moving_t_s - start_moving_t_s) as moving_t_s
        from crossed
    ),
    smoothed as (
        select
            activity_id,
            index,
            moving_t_s,
            case
                when level_m is not null
                then
                    avg(level_m) over (
                        partition by activity_id
                        order by index
                        rows between 2 preceding and 1 following
                    )
            end as level_m
        from points
    ),
    sloped as (
        select
            activity_id,
            moving_t_s - lag(moving_t_s) over one_run as moving_s,
            greatest(
                -0.45, least(0.45, (level_m - lag(level_m) over one_run) / 10)
            ) as i,
            level_m is not null and lag(level_m) over one_run is not null as is_known
        from smoothed
        window one_run as (partition by activity_id order by index)
    ),
    costed as (
        select
            activity_id,
            moving_s,
            is_known and moving_s > 0 and moving_s <= 20 as counts,
            (
                ((((155.4::double * i - 30.4) * i - 43.3) * i + 46.3) * i + 19.5) * i
                + 3.6
            )
            / 3.6 as ratio
        from sloped
    )
select
    activity_id,
    sum(ratio * 10) filter (where counts)
    / (count(*) filter (where counts) * 10) as grade_factor_minetti,
    sum(moving_s) filter (where counts)
    / sum(ratio * 10) filter (where counts)
    * 1000 as gap_minetti_s_per_km
from costed
group by activity_id
