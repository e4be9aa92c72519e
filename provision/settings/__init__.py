"""What provision.toml says: the project, its folders, its database, and how kinds are bound to tables."""

from provision.settings.binding import FieldBinding, KindBinding, ReferenceBinding
from provision.settings.load import load_settings, settings_problem
from provision.settings.model import BackendSettings, DatabaseSettings, Settings
from provision.settings.read import find_settings, has_settings
from provision.settings.secrets import SecretSettings

__all__ = [
    "BackendSettings",
    "DatabaseSettings",
    "FieldBinding",
    "KindBinding",
    "ReferenceBinding",
    "SecretSettings",
    "Settings",
    "find_settings",
    "has_settings",
    "load_settings",
    "settings_problem",
]
