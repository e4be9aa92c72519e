"""Tests of `provision` and of the reference backend."""
