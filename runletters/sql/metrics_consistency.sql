-- One number: the share of the last $weeks spans of seven days up to $until that have a
-- run of a kilometre or more; twin of metrics/trends.py.
select count(distinct floor(($until - local_date) / 7)) / $weeks as consistency
from run_metrics
where
    distance_m >= 1000
    and local_date <= $until
    and local_date > $until - cast(7 * $weeks as integer)
