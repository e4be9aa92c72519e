"""Minting keys, and its floor: as many random bits, and no form. `python -m benchmarks.minting ours|floor NUMBER`."""

from __future__ import annotations

import sys
from secrets import token_bytes

from provision.secrets.mint import mint_key


def main() -> None:
    """Make so many keys. Both import the same, so that their start costs the same."""
    how, number = sys.argv[1], int(sys.argv[2])
    if how == "ours":
        for _ in range(number):
            mint_key("acme")
    else:
        for _ in range(number):
            token_bytes(23).hex()  # 184 bits, where a key of ours has 178.6


if __name__ == "__main__":
    main()
