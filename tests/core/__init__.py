"""Tests of the pure core: values in, values out, no fixtures and no database."""
