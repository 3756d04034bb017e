"""Tests of the console, screen by screen."""
