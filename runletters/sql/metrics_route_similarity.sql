-- One row per two runs with cells: how alike their routes are, seen from the first;
-- twin of metrics/routes.py.
with
    cells as (select activity_id, unnest(cells) as cell from routes),
    steps as (
        select lines.step * 16777216 + columns.step as step
        from range(-1, 2) as lines(step), range(-1, 2) as columns(step)
    ),
    beside as (
        select distinct activity_id, cells.cell + steps.step as cell from cells, steps
    ),
    pairs as (
        select one.activity_id, other.activity_id as other_id
        from routes as one, routes as other
    ),
    -- The share of the cells of `other_id` on or beside a cell of `activity_id`.
    shares as (
        select
            pairs.activity_id, pairs.other_id, count(beside.cell) / count(*) as covered
        from pairs
        join cells on cells.activity_id = pairs.other_id
        left join
            beside
            on beside.activity_id = pairs.activity_id
            and beside.cell = cells.cell
        group by all
    )
select
    forth.activity_id,
    forth.other_id,
    case
        when forth.covered < 0.85
        then forth.covered
        else least(forth.covered, back.covered)
    end as similarity
from shares as forth
join
    shares as back
    on back.activity_id = forth.other_id
    and back.other_id = forth.activity_id
