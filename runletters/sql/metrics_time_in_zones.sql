-- One row per run with heart rate: seconds below zone 1 and in zones 1 to 5; twin of
-- metrics/personal.py.
with
    spent as (
        select activity_id, unnest(heart_rate_seconds) as at_rate
        from run_metrics
        where heart_rate_quality = 'measured'
    ),
    placed as (
        select
            activity_id,
            at_rate.seconds as seconds,
            len(
                list_filter($lower_bpm::double[], lambda bound:at_rate.bpm >= bound)
            ) as zone
        from spent
    )
select
    activity_id,
    coalesce(sum(seconds) filter (zone = 0), 0) as hr_zone_0_s,
    coalesce(sum(seconds) filter (zone = 1), 0) as hr_zone_1_s,
    coalesce(sum(seconds) filter (zone = 2), 0) as hr_zone_2_s,
    coalesce(sum(seconds) filter (zone = 3), 0) as hr_zone_3_s,
    coalesce(sum(seconds) filter (zone = 4), 0) as hr_zone_4_s,
    coalesce(sum(seconds) filter (zone = 5), 0) as hr_zone_5_s
from placed
group by activity_id
order by activity_id
