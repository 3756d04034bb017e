"""Measurements: each prints its setup and medians of several runs. Nothing here is asserted anywhere."""
