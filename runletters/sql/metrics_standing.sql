-- One row per run: its ranks, volumes, habits and usuals among the runs up to its own
-- ($unit_m is a kilometre or a mile); twin of comparisons.py. `runs` is in the order of
-- `place`.
with
    stepped as (
        select
            *,
            case
                when distance_m < 11.5 * $unit_m
                then 1
                when distance_m < 29.5 * $unit_m
                then 3
                else 5
            end as step,
            round_even(distance_m / $unit_m / step, 0) * step as middle,
            case
                when minute_of_day < 240 or minute_of_day >= 1290
                then 'night'
                when minute_of_day < 420
                then 'early'
                when minute_of_day < 660
                then 'morning'
                when minute_of_day < 840
                then 'midday'
                when minute_of_day < 1020
                then 'afternoon'
                when minute_of_day < 1290
                then 'evening'
            end as part,
            min(day) over () as first_day
        from runs
    ),
    banded as (
        select
            *,
            case
                when distance_m >= 20800 and distance_m < 21900
                then 20800
                when distance_m >= 41900 and distance_m < 43500
                then 41900
                else greatest(0, middle - step / 2.0) * $unit_m
            end as band_low_m,
            case
                when distance_m >= 20800 and distance_m < 21900
                then 21900
                when distance_m >= 41900 and distance_m < 43500
                then 43500
                else (middle + step / 2.0) * $unit_m
            end as band_high_m
        from stepped
    ),
    pairs as (
        select
            one,
            other,
            other.place < one.place as is_earlier,
            year(other.day) = year(one.day) as is_year,
            year(other.day) < year(one.day)
            and month(other.day) = month(one.day)
            and day(other.day) = day(one.day) as is_anniversary,
            other.band_low_m = one.band_low_m
            and other.band_high_m = one.band_high_m as is_band
        from banded as one
        join banded as other on other.place <= one.place
    ),
    gathered as (
        select
            one.place as place,
            any_value(one) as own,
            count(*) filter (where other.distance_m > one.distance_m) as longer,
            count(*) as distance_n,
            count(*) filter (
                where is_year and other.distance_m > one.distance_m
            ) as longer_of_year,
            count(*) filter (where is_year) as distance_year_n,
            count(*) filter (
                where is_band and other.pace_s_per_km < one.pace_s_per_km
            ) as faster,
            count(other.pace_s_per_km) filter (where is_band) as band_n,
            count(*) filter (
                where is_band and is_year and other.pace_s_per_km < one.pace_s_per_km
            ) as faster_of_year,
            count(other.pace_s_per_km) filter (
                where is_band and is_year
            ) as band_year_n,
            count(*) filter (
                where other.elevation_gain_m > one.elevation_gain_m
            ) as higher,
            count(other.elevation_gain_m) as climb_n,
            arg_max(other.day, other.place) filter (
                where is_earlier and other.distance_m >= one.distance_m
            ) as longer_day,
            arg_max(other.day, other.place) filter (
                where
                    is_earlier and is_band and other.pace_s_per_km <= one.pace_s_per_km
            ) as faster_day,
            arg_max(other.day, other.place) filter (
                where is_earlier and other.elevation_gain_m >= one.elevation_gain_m
            ) as higher_day,
            arg_max(other.day, other.place) filter (where is_earlier) as previous_day,
            arg_max(other.distance_m, other.place) filter (
                where is_earlier
            ) as previous_distance_m,
            list(other.pace_s_per_km order by other.place desc) filter (
                where is_earlier and is_band and other.pace_s_per_km is not null
            )[:20] as band_paces,
            list(other.pace_s_per_km order by other.place desc) filter (
                where is_earlier and other.pace_s_per_km is not null
            )[:20] as paces,
            list(other.distance_m order by other.place desc) filter (where is_earlier)[
                :20
            ] as distances,
            coalesce(
                list(other.part order by other.place desc) filter (
                    where is_earlier and other.part is not null
                )[:100],
                []
            ) as parts,
            coalesce(
                list(other order by other.place desc) filter (
                    where
                        is_earlier
                        and is_band
                        and other.pace_s_per_km is not null
                        and other.heart_rate_avg_bpm is not null
                )[:200],
                []
            ) as rated,
            arg_max(other.day, other.place) filter (
                where is_anniversary
            ) as anniversary_day,
            arg_max(other.distance_m, other.place) filter (
                where is_anniversary
            ) as anniversary_m,
            sum(other.distance_m) filter (where other.day >= one.day - 6) as week_m,
            count(*) filter (where other.day >= one.day - 6) as week_n,
            sum(other.distance_m) filter (
                where other.day >= one.day - 27
            ) as four_weeks_m,
            sum(other.distance_m) filter (
                where other.day >= date_trunc('month', one.day)
            ) as month_m,
            count(*) filter (
                where other.day >= date_trunc('month', one.day)
            ) as month_n,
            sum(other.distance_m) filter (where is_year) as year_m,
            count(*) filter (where is_year) as year_n,
            sum(other.distance_m) as total_m,
            count(*) as total_n,
            coalesce(
                sum(other.distance_m) filter (
                    where
                        year(other.day) = year(one.day) - 1
                        and other.day <= one.day - interval 1 year
                ),
                0
            ) as last_year_m
        from pairs
        group by one.place
    ),
    islands as (
        select day, day - cast(row_number() over (order by day) as integer) as island
        from (select distinct day from runs)
    ),
    streaks as (
        select day, row_number() over (partition by island order by day) as streak_days
        from islands
    ),
    busier as (
        select one.place as place, arg_max(other.own.day, other.place) as busier_day
        from gathered as one
        join gathered as other on other.place < one.place and other.week_m >= one.week_m
        group by one.place
    ),
    likened as (
        select
            *,
            list_transform(
                list_filter(
                    rated,
                    lambda other:other.day >= own.day - 365
                    and abs(other.pace_s_per_km / own.pace_s_per_km - 1) <= 0.03::double
                ),
                lambda other:other.heart_rate_avg_bpm
            ) as rates,
            len(rates) >= 5
            and own.pace_s_per_km is not null
            and own.heart_rate_avg_bpm is not null as has_rates
        from gathered
    )
select
    own.activity_id as activity_id,
    likened.place as run_number,
    own.first_day as first_day,
    own.band_low_m as band_low_m,
    own.band_high_m as band_high_m,
    longer + 1 as distance_rank,
    distance_n,
    longer_of_year + 1 as distance_year_rank,
    distance_year_n,
    case when own.pace_s_per_km is not null then faster + 1 end as band_rank,
    case when own.pace_s_per_km is not null then band_n end as band_n,
    case
        when own.pace_s_per_km is not null then faster_of_year + 1
    end as band_year_rank,
    case when own.pace_s_per_km is not null then band_year_n end as band_year_n,
    case when own.elevation_gain_m is not null then higher + 1 end as climb_rank,
    case when own.elevation_gain_m is not null then climb_n end as climb_n,
    longer_day,
    faster_day,
    higher_day,
    busier_day,
    case
        when len(band_paces) >= 5 then list_aggregate(band_paces, 'median')
    end as usual_band_pace_s_per_km,
    case
        when len(paces) >= 5 then list_aggregate(paces, 'median')
    end as usual_pace_s_per_km,
    case
        when len(distances) >= 5 then list_aggregate(distances, 'median')
    end as usual_distance_m,
    streak_days,
    previous_day,
    previous_distance_m,
    case
        when own.part is not null
        then len(list_filter(parts, lambda part:part = own.part))
    end as habit_same_n,
    case when own.part is not null then len(parts) end as habit_n,
    anniversary_day,
    anniversary_m,
    case
        when has_rates then list_aggregate(rates, 'median')
    end as similar_heart_rate_bpm,
    case when has_rates then len(rates) end as similar_n,
    week_m,
    month_m,
    year_m,
    total_m,
    week_n,
    month_n,
    year_n,
    total_n,
    four_weeks_m,
    last_year_m,
    own.first_day <= make_date(year(own.day) - 1, 1, 31) as last_year_complete
from likened
join streaks on streaks.day = own.day
left join busier on busier.place = likened.place
order by likened.place
