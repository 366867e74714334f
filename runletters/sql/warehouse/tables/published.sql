-- One row: when this file was made.
SELECT published_at FROM raw_published
