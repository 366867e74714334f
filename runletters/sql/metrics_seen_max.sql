-- One number: the second highest heart rate of at least ten sound runs; twin of
-- metrics/zones.py.
select
    case
        when count(*) >= 10
        then list(heart_rate_max_bpm order by heart_rate_max_bpm desc)[2]
    end as heart_rate_max_bpm
from run_metrics
where heart_rate_quality = 'measured' and heart_rate_max_bpm is not null
