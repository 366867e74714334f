-- One row per run with samples of heart rate: TRIMP of Banister and of Edwards; twin
-- of metrics/training_load.py.
with
    spent as (
        select activity_id, unnest(heart_rate_seconds) as at_rate
        from run_metrics
        where heart_rate_quality = 'measured'
    ),
    shares as (
        select
            activity_id,
            at_rate.seconds / 60 as minutes,
            len(
                list_filter(
                    [0.5::double, 0.6, 0.7, 0.8, 0.9],
                    lambda share:at_rate.bpm >= share * $max_bpm
                )
            ) as zone,
            least(
                1, greatest(0, (at_rate.bpm - $rest_bpm) / ($max_bpm - $rest_bpm))
            ) as share
        from spent
    )
select
    activity_id,
    sum(minutes * share * $factor * exp($exponent * share)) as trimp_banister,
    sum(minutes * zone) as trimp_edwards
from shares
group by activity_id
order by activity_id
