-- One row per run that has earlier runs like it: rank, medians and what changed at
-- equal heart rate; twin of metrics/similar.py. `likeness` says how alike two routes
-- are (metrics_route_similarity).
with
    sound as (
        select
            *,
            heart_rate_quality = 'measured'
            and pace_quality = 'measured'
            and heart_rate_avg_bpm is not null as is_rated,
            coalesce(
                nullif(efficiency_factor_graded, 0),
                nullif(efficiency_factor, 0),
                60000 / pace_s_per_km / heart_rate_avg_bpm
            ) as efficiency
        from run_metrics
        where pace_quality in ('measured', 'estimated')
    ),
    near as (
        select
            one.activity_id,
            other.activity_id as other_id,
            coalesce(likeness.similarity, 0) >= 0.85 as is_on_route,
            other.local_date >= one.local_date - 365
            and other.sport is not distinct from one.sport
            and coalesce(
                abs(
                    other.elevation_gain_m / other.distance_m * 1000
                    - one.elevation_gain_m / one.distance_m * 1000
                )
                <= 8,
                true
            ) as is_alike
        from sound as one
        join
            sound as other
            on other.started_at < one.started_at
            and other.distance_m
            between one.distance_m
            * (1 - 0.1::double) and one.distance_m
            * (1 + 0.1::double)
        left join
            likeness
            on likeness.activity_id = one.activity_id
            and likeness.other_id = other.activity_id
    ),
    counted as (
        select
            *,
            count(*) filter (where is_on_route) over (partition by activity_id)
            >= 2 as has_route
        from near
    ),
    pairs as (
        select one.activity_id, has_route, one as own, other
        from counted
        join sound as one on one.activity_id = counted.activity_id
        join sound as other on other.activity_id = counted.other_id
        where case when has_route then is_on_route else is_alike end
    ),
    medians as (
        select
            activity_id,
            any_value(own) as own,
            case when any_value(has_route) then 'route' else 'distance' end as basis,
            count(*) + 1 as n,
            min(other.local_date) as since,
            1 + count(*) filter (
                where other.pace_s_per_km < own.pace_s_per_km
            ) as pace_rank,
            min(other.pace_s_per_km) as best_pace_s_per_km,
            min_by(
                other, (other.pace_s_per_km, other.started_at, other.activity_id)
            ) as best,
            median(other.pace_s_per_km) as median_pace_s_per_km,
            max_by(other, (other.started_at, other.activity_id)) as last,
            count(*) filter (where other.is_rated) as rated,
            count(*) filter (
                where other.is_rated and other.efficiency > own.efficiency
            ) as better,
            median(other.efficiency) filter (where other.is_rated) as usual_efficiency,
            median(other.heart_rate_avg_bpm) filter (
                where other.is_rated
            ) as usual_rate_bpm
        from pairs
        group by activity_id
    )
select
    activity_id,
    basis,
    n,
    since,
    pace_rank,
    best_pace_s_per_km,
    best.activity_id as best_activity_id,
    best.local_date as best_date,
    median_pace_s_per_km,
    own.pace_s_per_km - median_pace_s_per_km as pace_change_s_per_km,
    last.activity_id as last_activity_id,
    last.local_date as last_date,
    case when own.is_rated and rated > 0 then rated + 1 else 0 end as efficiency_n,
    case when own.is_rated and rated > 0 then better + 1 end as efficiency_rank,
    case
        when own.is_rated and rated > 0
        then (own.efficiency / usual_efficiency - 1) * 100
    end as efficiency_change_percent,
    case
        when own.is_rated and rated > 0
        then 60000 / usual_rate_bpm * (1 / own.efficiency - 1 / usual_efficiency)
    end as pace_change_at_equal_heart_rate_s_per_km,
    case when own.is_rated and rated > 0 then usual_rate_bpm end as equal_heart_rate_bpm
from medians
order by activity_id
