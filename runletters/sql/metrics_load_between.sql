-- One row: load and number of the runs with a load from $first to before $last, and
-- whether any load was estimated; twin of sheets/condition.py.
select
    coalesce(sum(load), 0) as load,
    count(*) as runs_count,
    coalesce(bool_or(load_quality is distinct from 'derived'), false) as is_estimated
from run_metrics
where load is not null and local_date >= $first and local_date < $last
