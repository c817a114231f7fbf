"""Chance that can be repeated: every draw of the simulator comes from a generator named after what it draws for."""

from __future__ import annotations

from random import Random


def chance(*name: object) -> Random:
    """Return a generator that depends on nothing but `name`, e.g. (seed, study, site, subject).

    A text seed is hashed with SHA-512 by `random`, so it is the same on every machine and in every process.
    """
    return Random("/".join(str(part) for part in name))  # noqa: S311 - made-up data, nothing secret
