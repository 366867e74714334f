-- One row per run that is long enough: its fastest $length_m metres, elapsed time;
-- twin of
-- metrics/best_efforts.py.
with
    counted as (
        select
            activity_id,
            t_s,
            distance_m,
            sum(is_teleport::integer) over (
                partition by activity_id order by t_s
            ) as teleports
        from samples
    ),
    pieces as (
        select
            *,
            lag(t_s) over one_run as t0,
            lag(distance_m) over one_run as d0,
            lag(teleports) over one_run as teleports0
        from counted
        window one_run as (partition by activity_id order by t_s)
    ),
    from_sample as (
        select
            one.activity_id,
            piece.t0
            + (one.distance_m + $length_m - piece.d0)
            / (piece.distance_m - piece.d0)
            * (piece.t_s - piece.t0)
            - one.t_s as elapsed_s
        from counted as one
        join
            pieces as piece
            on piece.activity_id = one.activity_id
            and piece.d0 < one.distance_m + $length_m
            and piece.distance_m >= one.distance_m + $length_m
            and piece.teleports = one.teleports
    ),
    to_sample as (
        select
            one.activity_id,
            one.t_s
            - piece.t0
            - (one.distance_m - $length_m - piece.d0)
            / (piece.distance_m - piece.d0)
            * (piece.t_s - piece.t0) as elapsed_s
        from counted as one
        join
            pieces as piece
            on piece.activity_id = one.activity_id
            and piece.d0 <= one.distance_m - $length_m
            and piece.distance_m > one.distance_m - $length_m
            and piece.teleports0 = one.teleports
    )
select activity_id, min(elapsed_s) as elapsed_s
from
    (
        from from_sample
        union all
        from to_sample
    )
where elapsed_s >= $fastest_s
group by activity_id
order by activity_id
