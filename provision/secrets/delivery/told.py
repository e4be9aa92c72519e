"""What the system says of a file, in words that tell what to do."""

from __future__ import annotations

import errno

from provision.secrets.delivery.values import Complaint, UndeliverableError

_HINTS = {
    errno.EACCES: "let this user write to the folder, or deliver to another",
    errno.EPERM: "let this user write to the folder, or deliver to another",
    errno.EROFS: "deliver to a folder that can be written to",
    errno.ELOOP: "no link is followed below the allowed folders; name the real path",
    errno.ENOTDIR: "a file or a link stands where a folder should; no link is followed",
    errno.ENOSPC: "make room and run it again",
    errno.EDQUOT: "make room and run it again",
    errno.EFBIG: "raise the limit of a file's size (ulimit -f) and run it again",
    errno.ENOENT: "it is gone; run it again",
    errno.ENOLCK: "the file system has no locks; deliver to a local one",
}


def told(error: OSError | UndeliverableError, where: object) -> Complaint:
    """What went wrong at that place, and a hint."""
    if isinstance(error, UndeliverableError):
        return Complaint(error.message, error.hint, error.said)
    why = (error.strerror or "unknown error").lower()
    return Complaint(f"{where} cannot be used: {why}", _HINTS.get(error.errno or 0, "see to it and run it again"))
