-- One row per clean sample of a run and the interval that led to it; twin of
-- metrics/samples.py
-- for recorded distances.
with
    timed as (
        select
            activity_id,
            t_s,
            distance_m,
            altitude_m,
            heart_rate_bpm,
            coalesce(segment, 0) as segment,
            t_s - lag(t_s) over one_run as dt_s
        from streams
        where t_s is not null
        window one_run as (partition by activity_id order by t_s)
    ),
    stepped as (
        select
            activity_id,
            t_s,
            altitude_m,
            case
                when heart_rate_bpm between 30 and 230 then heart_rate_bpm
            end as heart_rate_bpm,
            coalesce(dt_s, 0) as dt_s,
            coalesce(
                greatest(distance_m - lag(distance_m) over one_run, 0), 0
            ) as raw_dd_m,
            coalesce(segment <> lag(segment) over one_run, false)
            and dt_s >= 3 as is_timer_pause,
            lag(t_s) over one_run is null as is_first
        from timed
        where dt_s is null or dt_s > 0
        window one_run as (partition by activity_id order by t_s)
    ),
    judged as (
        select
            *,
            raw_dd_m > dt_s * 12.5 and raw_dd_m >= 30 as is_teleport,
            bool_or(is_timer_pause) over (partition by activity_id) as has_timer
        from stepped
    ),
    cleaned as (
        select *, case when is_teleport then 0 else raw_dd_m end as dd_m from judged
    ),
    paced as (
        select
            *,
            dd_m >= dt_s * 1609.344 / 1800
            and dt_s > 0
            and not is_timer_pause as is_fast
        from cleaned
    ),
    stretched as (
        select
            *,
            row_number() over (partition by activity_id order by t_s)
            - row_number() over (
                partition by activity_id, is_fast order by t_s
            ) as stretch
        from paced
    ),
    moved as (
        select
            *,
            case
                when has_timer
                then not is_timer_pause and not is_first and (is_fast or dt_s < 30)
                else
                    is_fast
                    or sum(dt_s) over (partition by activity_id, is_fast, stretch) < 3
                    and not is_first
            end as is_moving
        from stretched
    )
select
    activity_id,
    t_s,
    altitude_m,
    heart_rate_bpm,
    dt_s,
    dd_m,
    is_timer_pause,
    is_teleport,
    case when is_teleport then raw_dd_m else 0 end as teleport_m,
    is_moving,
    sum(dd_m) over so_far as distance_m,
    sum(case when is_moving then dt_s else 0 end) over so_far as moving_t_s
from moved
window so_far as (partition by activity_id order by t_s)
order by activity_id, t_s
