-- One row per run: steps of both legs per minute and power while moving; twin of
-- metrics/steps.py.
select
    activity_id,
    avg(cadence_rpm) filter (where is_moving and cadence_rpm > 0) * case
        when median(cadence_rpm) filter (where is_moving and cadence_rpm > 0) < 130
        then 2
        else 1
    end as stream_cadence_spm,
    avg(power_w) filter (where is_moving) as stream_power_w
from samples
group by activity_id
