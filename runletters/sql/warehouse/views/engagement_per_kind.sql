-- One row per user and kind: texts, those a reader did something with, ratings.
with
    texts as (
        select user_id, kind, count(*) as texts
        from content
        where is_current
        group by user_id, kind
    ),
    acts as (
        select
            user_id,
            kind,
            count(distinct item) filter (act = 'opened') as opened,
            count(distinct item) filter (act = 'read') as read,
            count(distinct item) filter (act = 'rated') as rated,
            count(distinct item) filter (act = 'edited') as edited,
            count(distinct item) filter (act = 'shared') as shared,
            avg(rating) as rating_avg
        from engagement
        group by user_id, kind
    )
select
    coalesce(texts.user_id, acts.user_id) as user_id,
    coalesce(texts.kind, acts.kind) as kind,
    coalesce(texts, 0) as texts,
    coalesce(opened, 0) as opened,
    coalesce(read, 0) as read,
    coalesce(rated, 0) as rated,
    coalesce(edited, 0) as edited,
    coalesce(shared, 0) as shared,
    rating_avg,
    coalesce(read, 0) / nullif(texts, 0) as read_rate
from texts
full join acts on texts.user_id = acts.user_id and texts.kind = acts.kind
order by user_id, kind
