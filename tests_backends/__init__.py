"""Tests of `provision` against applications that nobody here wrote: the folders in `examples/`."""
