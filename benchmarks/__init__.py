"""`provision` beside its floor: the fastest sane script that does the same job, in the same run."""
