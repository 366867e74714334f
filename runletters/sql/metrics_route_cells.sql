-- One row per run that passed five cells of 75 m: the cells, rising; twin of
-- metrics/routes.py.
with
    rowed as (
        select
            activity_id,
            longitude_deg,
            floor(latitude_deg * (111320.0::double / 75)) as cell_row
        from streams
        where latitude_deg is not null and longitude_deg is not null
    ),
    celled as (
        select distinct
            activity_id,
            cast(cell_row as bigint) * 16777216 + cast(
                floor(
                    longitude_deg
                    * cos(radians(cell_row * (75 / 111320.0::double)))
                    * (111320.0::double / 75)
                ) as bigint
            ) as cell
        from rowed
    )
select activity_id, list(cell order by cell) as cells
from celled
group by activity_id
having count(*) >= 5
