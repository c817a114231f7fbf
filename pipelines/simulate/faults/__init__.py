"""One planter a check: each breaks a clean site in one place and says which findings must follow."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from pipelines.simulate.faults.registry import FAULTS, Fault, Planter, Spot

__all__ = ["FAULTS", "Fault", "Planter", "Spot"]

# A planter is registered when its module is imported; the order of names is the order of FAULTS.
for _module in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")
