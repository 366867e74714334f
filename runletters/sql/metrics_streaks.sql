-- One row per streak: days in a row with a run of a kilometre or more; twin of
-- metrics/trends.py.
with
    days as (select distinct local_date from run_metrics where distance_m >= 1000),
    islands as (
        select
            local_date,
            local_date - row_number() over (order by local_date)::integer as island
        from days
    )
select min(local_date) as first, max(local_date) as last, count(*) as days
from islands
group by island
order by first
