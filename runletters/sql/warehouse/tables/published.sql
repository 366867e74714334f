-- One row: when this file was made.
select published_at from raw_published
