"""Exported manifests as files: one for each kind, and none is overwritten unasked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from provision.errors import InvalidInputError, Problem


def write_files(folder: Path, manifests: Mapping[str, str], *, overwrite: bool) -> list[Path]:
    """Write `Kind.yaml` for each kind, and return the files; raises InvalidInputError before any is written."""
    files = {folder / f"{kind}.yaml": text for kind, text in manifests.items()}
    there = [] if overwrite else sorted(file for file in files if file.exists() or file.is_symlink())
    if there:
        hint = "write them into another folder, or overwrite them with --force"
        raise InvalidInputError([Problem(message=f"{file} is there already", hint=hint) for file in there])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        what = (error.strerror or "unknown error").lower()
        raise InvalidInputError([Problem(message=f"{folder} cannot be written to: {what}")]) from None
    return list(files)
