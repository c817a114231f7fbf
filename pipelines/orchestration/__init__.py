"""Thin Dagster objects over the rooms: partitions, assets, checks, jobs, schedules, a sensor, a run in one process."""
