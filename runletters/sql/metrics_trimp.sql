-- One row per run with samples of heart rate: Banister's TRIMP; twin of
-- metrics/training_load.py.
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
            least(
                1, greatest(0, (at_rate.bpm - $rest_bpm) / ($max_bpm - $rest_bpm))
            ) as share
        from spent
    )
select
    activity_id,
    sum(minutes * share * $factor * exp($exponent * share)) as trimp_banister
from shares
group by activity_id
order by activity_id
