"""PostgreSQL and Valkey from wheels, and the supervisor of our own processes."""
