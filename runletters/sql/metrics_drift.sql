-- One row per run with a heart rate in motion: how its second half differs from the
-- first; twin of metrics/heart_rate.py.
with
    filled as (
        select
            *,
            last_value(heart_rate_bpm ignore nulls) over (
                partition by activity_id
                order by t_s
                rows between unbounded preceding and current row
            ) as rate_now
        from samples
    ),
    rated as (
        select
            *,
            (rate_now + lag(rate_now) over (partition by activity_id order by t_s))
            / 2 as rate,
            moving_t_s - dt_s / 2 >= last_value(moving_t_s) over (
                partition by activity_id
                order by t_s
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
            / nullif(sum(dt_s) filter (where is_second), 0) as hr_2,
            sum(dd_m) filter (where not is_second)
            * 60
            / nullif(sum(rate * dt_s) filter (where not is_second), 0) as ef_1,
            sum(dd_m) filter (where is_second)
            * 60
            / nullif(sum(rate * dt_s) filter (where is_second), 0) as ef_2
        from rated
        where is_moving and rate is not null
        group by activity_id
    ),
    pieces as (
        select
            activity_id,
            floor((moving_t_s - dt_s / 2) / 300) as piece,
            sum(dd_m) / sum(dt_s) as speed_m_s
        from samples
        where is_moving
        group by all
        having sum(dt_s) >= 150
    ),
    variations as (
        select
            activity_id,
            stddev_samp(speed_m_s) / avg(speed_m_s) * 100 as pace_5min_variation_percent
        from pieces
        group by activity_id
    )
select
    halves.activity_id,
    case
        when moving_s >= 1200 then (hr_2 - hr_1) / hr_1 * 100
    end as heart_rate_drift_percent,
    case
        when moving_s >= 3600 and pace_5min_variation_percent < 15
        then (ef_1 - ef_2) / ef_1 * 100
    end as decoupling_percent,
    case when moving_s > 0 then ef end as efficiency_factor,
    pace_5min_variation_percent
from halves
left join variations on variations.activity_id = halves.activity_id
