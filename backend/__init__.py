"""The reference backend: the data layer of a web application, used here without any web framework."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules, walk_packages

__all__ = ["load_all_models"]


def load_all_models() -> None:
    """Import every module below a `backend.app.*.model`, so that relationships find each other by name.

    Calling it again does nothing more. A new model needs no registration: its file is found.
    """
    apps = import_module("backend.app")
    for app in iter_modules(apps.__path__, "backend.app."):
        name = f"{app.name}.model"
        if not app.ispkg or find_spec(name) is None:
            continue
        models = import_module(name)
        for module in walk_packages(getattr(models, "__path__", ()), f"{name}."):
            import_module(module.name)
