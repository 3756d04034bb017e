"""The web process: takes webhooks in, and says how things are. It keeps and shows rows; it never runs a flow."""
