"""The fault harness: real servers and processes, faults while orders flow, both sandboxes' ledgers as the judges."""
