-- One row per run: what in its recording cannot be believed; twin of
-- metrics/quality.py.
with
    placed as (
        select
            *,
            last_value(latitude_deg ignore nulls) over so_far as latitude_now,
            last_value(longitude_deg ignore nulls) over so_far as longitude_now,
            min(t_s) over (partition by activity_id) as first_t_s
        from samples
        window
            so_far as (
                partition by activity_id
                order by t_s
                rows between unbounded preceding and current row
            )
    ),
    stepped as (
        select
            *,
            radians(latitude_now) as latitude,
            radians(lag(latitude_now) over one_run) as latitude_before,
            radians(longitude_now) - radians(lag(longitude_now) over one_run) as turn,
            heart_rate_bpm - lag(heart_rate_bpm) over one_run as rate_step_bpm,
            t_s - first_t_s <= 480 as is_early,
            dd_m <= 0 as stands
        from placed
        window one_run as (partition by activity_id order by t_s)
    ),
    measured as (
        select
            *,
            -- Without both positions there is no way; `least` would skip the null.
            case
                when turn is null
                then 0
                else
                    2
                    * 6371008.8
                    * asin(
                        sqrt(
                            least(
                                1,
                                power(sin((latitude - latitude_before) / 2), 2)
                                + cos(latitude)
                                * cos(latitude_before)
                                * power(sin(turn / 2), 2)
                            )
                        )
                    )
            end as metres,
            row_number() over (partition by activity_id order by t_s)
            - row_number() over (
                partition by activity_id, stands order by t_s
            ) as stretch
        from stepped
    ),
    frozen_distances as (
        select activity_id
        from measured
        where stands and not is_teleport
        group by activity_id, stretch
        having sum(dt_s) >= 300 and sum(metres) >= 1.5 * sum(dt_s)
    ),
    rated as (
        select
            activity_id,
            dt_s,
            heart_rate_bpm,
            row_number() over (partition by activity_id order by t_s)
            - row_number() over (
                partition by activity_id, heart_rate_bpm order by t_s
            ) as stretch
        from samples
        where heart_rate_bpm is not null and is_moving
    ),
    frozen_rates as (
        select activity_id
        from rated
        group by activity_id, heart_rate_bpm, stretch
        having sum(dt_s) >= 300 and count(*) >= 30
    ),
    early_rates as (
        -- The nearest rank: the value itself, never one between two.
        select
            activity_id,
            list_sort(list(heart_rate_bpm))[
                cast(round(0.9 * (count(*) - 1)) as integer) + 1
            ] as high_bpm
        from stepped
        where is_early and heart_rate_bpm is not null
        group by activity_id
    ),
    totals as (
        select
            activity_id,
            sum(teleport_m) > greatest(100, max(distance_m) * 0.01) as has_teleport,
            bool_or(dt_s >= 120 and is_moving) as has_gap,
            count(*) filter (where abs(rate_step_bpm) >= 25 and dt_s <= 5) as jumps,
            sum(dt_s) as elapsed_s,
            median(heart_rate_bpm) filter (where not is_early) as later_bpm,
            count(heart_rate_bpm) as rated,
            count(*) as samples_count,
            count(*) filter (
                where abs(heart_rate_bpm - cadence_rpm * 2) <= 2 and cadence_rpm * 2 > 0
            ) as locked
        from stepped
        group by activity_id
    ),
    judged as (
        select
            totals.*,
            [
                case
                    when frozen_distances.activity_id is not null then 'distance_frozen'
                end,
                case when has_teleport then 'gps_teleport' end,
                case
                    when rated >= 120 and locked >= 0.6 * rated
                    then 'heart_rate_cadence_lock'
                end,
                case
                    when high_bpm - later_bpm >= 15 and elapsed_s > 960
                    then 'heart_rate_early_spike'
                end,
                case
                    when frozen_rates.activity_id is not null then 'heart_rate_frozen'
                end,
                case
                    when rated > 0 and samples_count - rated > 0.25 * samples_count
                    then 'heart_rate_gaps'
                end,
                case when jumps >= 3 then 'heart_rate_jumps' end,
                case when has_gap then 'long_gap' end
            ] as flags
        from totals
        left join early_rates on early_rates.activity_id = totals.activity_id
        left join
            (select distinct activity_id from frozen_rates) as frozen_rates
            on frozen_rates.activity_id = totals.activity_id
        left join
            (select distinct activity_id from frozen_distances) as frozen_distances
            on frozen_distances.activity_id = totals.activity_id
    )
select activity_id, list_filter(flags, lambda flag:flag is not null) as stream_flags
from judged
