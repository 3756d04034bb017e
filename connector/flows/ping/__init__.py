"""Ping: asks both systems everything a connection needs, writes nothing, and says what to change and where."""
