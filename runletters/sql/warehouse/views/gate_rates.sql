-- One row per kind, model and version of the prompt: what became of the replies, what
-- the
-- rejected ones cost, and how many texts are the offline fallback in the end.
with
    replies as (
        select
            kind,
            model,
            prompt_sha256,
            count(*) as replies,
            count(*) filter (outcome = 'succeeded') as accepted,
            count(*) filter (outcome = 'rejected') as rejected,
            count(*) filter (outcome not in ('succeeded', 'rejected')) as unusable,
            coalesce(sum(cost_nano_usd) filter (outcome <> 'succeeded'), 0)::bigint
            as unkept_cost_nano_usd,
            min(started_at) as first_at,
            max(started_at) as last_at
        from attempts
        where outcome in ('succeeded', 'rejected', 'refused', 'truncated', 'empty')
        group by kind, model, prompt_sha256
    ),

    asked as (
        select distinct kind, fingerprint, model, prompt_sha256
        from attempts
        where fingerprint is not null
    ),

    kept as (
        select
            asked.kind,
            asked.model,
            asked.prompt_sha256,
            count(*) as texts,
            count(*) filter (content.is_fallback) as fallbacks
        from content
        inner join
            asked
            on content.kind = asked.kind
            and content.fingerprint = asked.fingerprint
        group by asked.kind, asked.model, asked.prompt_sha256
    )

select
    replies.kind,
    replies.model,
    replies.prompt_sha256,
    replies.replies,
    replies.accepted,
    replies.rejected,
    replies.unusable,
    replies.rejected / replies.replies as rejected_rate,
    coalesce(kept.texts, 0) as texts,
    coalesce(kept.fallbacks, 0) as fallbacks,
    kept.fallbacks / kept.texts as fallback_rate,
    replies.unkept_cost_nano_usd,
    replies.first_at,
    replies.last_at
from replies
left join
    kept
    on replies.kind = kept.kind
    and replies.model = kept.model
    and replies.prompt_sha256 = kept.prompt_sha256
order by replies.kind, replies.model, replies.first_at
