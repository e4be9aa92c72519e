"""Where logs go, and what they may hold."""

from __future__ import annotations

import logging


class PrintableFormatter(logging.Formatter):
    """One line for each record; what other sessions or files call themselves does nothing to a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text that is safe to print."""
        from provision.report.escape import printable

        return printable(super().format(record))


def set_up_logs(level: str) -> None:
    """Logs go to stderr, ours from this level on and others' warnings: a driver's may hold data."""
    handler = logging.StreamHandler()
    handler.setFormatter(PrintableFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("provision").setLevel(level.upper())
