-- One row per run and whole heart rate: the seconds at it; twin of
-- metrics/heart_rate.py.
with
    clocked as (
        select
            activity_id,
            t_s,
            heart_rate_bpm,
            sum(case when is_timer_pause then 0 else dt_s end) over (
                partition by activity_id order by t_s
            ) as clock_s
        from samples
    ),
    neighboured as (
        select
            *,
            coalesce(clock_s - lag(clock_s) over one_run, 0) as any_before_s,
            coalesce(lead(clock_s) over one_run - clock_s, 0) as any_after_s
        from clocked
        window one_run as (partition by activity_id order by t_s)
    ),
    rated as (
        select
            *,
            coalesce(clock_s - lag(clock_s) over one_run, 0) as rated_before_s,
            coalesce(lead(clock_s) over one_run - clock_s, 0) as rated_after_s
        from neighboured
        where heart_rate_bpm is not null
        window one_run as (partition by activity_id order by t_s)
    )
select
    activity_id,
    cast(round_even(heart_rate_bpm, 0) as smallint) as bpm,
    sum(
        case
            when rated_before_s > 0 and rated_before_s <= 30
            then rated_before_s
            else any_before_s
        end + case
            when rated_after_s > 0 and rated_after_s <= 30
            then rated_after_s
            else any_after_s
        end
    )
    / 2 as seconds
from rated
group by all
