-- One row per kind, model, version of the prompt, rule and severity: how often the
-- truth
-- gate had this to say about a paid reply.
with
    replies as (
        select kind, model, prompt_sha256, count(*) as replies
        from attempts
        where outcome in ('succeeded', 'rejected', 'refused', 'truncated', 'empty')
        group by kind, model, prompt_sha256
    )

select
    findings.kind,
    findings.model,
    findings.prompt_sha256,
    findings.rule,
    findings.severity,
    count(*) as findings,
    count(distinct findings.attempt_id) as replies_concerned,
    count(distinct findings.attempt_id)
    / any_value(replies.replies) as share_of_replies,
    min(findings.found_at) as first_at,
    max(findings.found_at) as last_at
from findings
left join
    replies
    on findings.kind = replies.kind
    and findings.model = replies.model
    and findings.prompt_sha256 = replies.prompt_sha256
group by
    findings.kind,
    findings.model,
    findings.prompt_sha256,
    findings.rule,
    findings.severity
order by findings desc, findings.kind, findings.rule
