"""Declarative provisioning of an application's users, API keys and other reference rows."""

__version__ = "0.1.0"
