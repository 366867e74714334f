-- One row per run: moving time and pauses of its samples; twin of metrics/moving.py.
with
    numbered as (
        select
            *,
            row_number() over (partition by activity_id order by t_s)
            - row_number() over (
                partition by activity_id, is_moving order by t_s
            ) as stretch
        from samples
    ),
    pauses as (
        select activity_id, sum(dt_s) as duration_s
        from numbered
        where not is_moving
        group by activity_id, stretch
        having sum(dt_s) >= 10
    ),
    totals as (
        select
            activity_id,
            max(distance_m) as stream_distance_m,
            sum(dt_s) as stream_elapsed_s,
            max(moving_t_s) as stream_moving_s,
            sum(dt_s) - max(moving_t_s) as paused_s,
            case
                when bool_or(is_timer_pause) then 'timer' else 'speed'
            end as moving_rule
        from samples
        group by activity_id
    )
select
    totals.*,
    (
        select count(*) from pauses where pauses.activity_id = totals.activity_id
    ) as pauses_count,
    (
        select max(duration_s) from pauses where pauses.activity_id = totals.activity_id
    ) as longest_pause_s
from totals
order by activity_id
