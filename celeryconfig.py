"""Celery's settings, one file for all processes; above each the failure it prevents.

Redis carries wakes only (one record id each). Postgres knows all undone work: nothing here keeps a message safe.
"""

from kombu import Queue  # type: ignore[attr-defined]  # kombu re-exports it lazily

from connector.config import Settings

broker_url = Settings.from_env().redis_url

broker_transport_options = {
    # A killed worker's message comes back after this; the shortest value of all programs on one Redis wins, so it
    # stands here for all. Longer than nearly every task: a wake that comes back while its pass goes on finds the record
    # leased.
    "visibility_timeout": 300,
    # Without these two, kombu looks for lost messages only every hundred seconds or so.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # The default waits for ever: with Redis frozen a publisher hung for more than 40 s.
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    # A half-open connection is noticed after about 15 s instead of 42 s.
    "health_check_interval": 10,
    # A second, hidden LPUSH after a timeout would wake twice.
    "retry_on_timeout": False,
    # Small Redis plans allow 40 connections over all processes; made as they are needed, and most need four or five.
    "max_connections": 20,
}
# As above. With three of them Flower, which keeps several for itself, never came to listen. Waiting for one must end.
broker_pool_limit = 10
broker_pool_acquire_timeout = 1
# A worker that starts before Redis waits for it; one that loses Redis never gives up (default: after 100 tries).
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# A publisher does not repeat: the sweeper is the retry.
task_publish_retry = False

# An early acknowledgement loses the running task with every crash.
task_acks_late = True
# Without this a killed child's task is acknowledged all the same.
task_reject_on_worker_lost = True
# Would send again with a countdown, and Redis runs a countdown twice once it outlives the visibility timeout.
task_retry_on_worker_lost = False
# The answer to a write would be cut off half-way; a task that finishes after a lost connection does no harm.
worker_cancel_long_running_tasks_on_connection_loss = False
# One slow NetSuite call would hold four more orders hostage.
worker_prefetch_multiplier = 1

# What became of a record stands in Postgres. A result backend costs connections, and its idle ones have frozen beat.
result_backend = None
task_ignore_result = True

# Never pickle; a message is one id.
task_serializer = "json"
accept_content = ["json"]

# A misspelt queue would gather tasks that nobody reads. Queues instead of priorities, which Redis only emulates.
task_create_missing_queues = False
task_default_queue = "orders"
task_queues = [Queue("orders"), Queue("maintenance")]  # type: ignore[no-untyped-call]  # kombu is untyped
task_routes = {"orders.sync": {"queue": "orders"}, "*": {"queue": "maintenance"}}

# Flower reads these. Task arguments are ids, so nothing personal travels in an event.
worker_send_task_events = True
task_send_sent_event = False

# Our own structured log is configured by workers/app.py.
worker_hijack_root_logger = False
worker_redirect_stdouts = False

# Only acts where SIGTERM is remapped for a prefork pool; the threads pool stops warm by itself.
worker_soft_shutdown_timeout = 20
worker_enable_soft_shutdown_on_idle = True

enable_utc = True
timezone = "UTC"
