"""The sentence: load, validate, resolve, observe, diff, plan, guard, apply, report.

`declared` holds the first two stages, which need no database; `job` the third; `run` the rest.
"""
