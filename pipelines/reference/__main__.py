"""`python -m pipelines.reference`: writes the generated files and says which have changed."""

from __future__ import annotations

import sys

from pipelines.errors import UserError
from pipelines.reference import write_generated_files
from pipelines.settings import PROJECT_ROOT

changed = 0
try:
    for path in write_generated_files():
        changed += 1
        sys.stdout.write(f"{'written' if path.exists() else 'removed'}: {path.relative_to(PROJECT_ROOT)}\n")
except UserError as error:
    sys.exit(f"error: {error}")
if not changed:
    sys.stdout.write("Every generated file is current.\n")
