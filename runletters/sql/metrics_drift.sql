-- One row per run with a heart rate in motion: how its second half differs from the
-- first; twin of metrics/heart_rate.py.
with
    filled as (
        select
            *,
            last_value(heart_rate_bpm ignore nulls) over (
                partition by activity_id
                order by place
                rows between unbounded preceding and current row
            ) as rate_now
        from samples
    ),
    rated as (
        select
            *,
            (rate_now + lag(rate_now) over (partition by activity_id order by place))
            / 2 as rate,
            moving_t_s - dt_s / 2 >= last_value(moving_t_s) over (
                partition by activity_id
                order by place
                rows between unbounded preceding and unbounded following
            )
            / 2 as is_second
        from filled
    ),
    halves as (
        select
            activity_id,
            sum(dt_s) as moving_s,
            sum(dd_m) * 60 / nullif(sum(rate * dt_s), 0) as ef,
            sum(rate * dt_s) filter (where not is_second)
            / nullif(sum(dt_s) filter (where not is_second), 0) as hr_1,
            sum(rate * dt_s) filter (where is_second)
            / nullif(sum(dt_s) filter (where is_second), 0) as hr_2
        from rated
        where is_moving and rate is not null
        group by activity_id
    )
select
    activity_id,
    case
        when moving_s >= 1200 then (hr_2 - hr_1) / hr_1 * 100
    end as heart_rate_drift_percent,
    case when moving_s > 0 then ef end as efficiency_factor
from halves
