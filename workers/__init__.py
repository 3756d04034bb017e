"""The Celery side: thin tasks that take ids and call the connector, and the schedule."""
