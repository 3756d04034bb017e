"""The domain: both systems, the mapping between them, and what was done. Knows neither Celery nor Flask."""
