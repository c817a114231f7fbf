"""`python -m pipelines.reference`: writes the generated files and says which have changed."""

from __future__ import annotations

import sys

from pipelines.errors import UserError
from pipelines.reference import write_generated_files
from pipelines.settings import PROJECT_ROOT

try:
    changed = write_generated_files()
except UserError as error:
    sys.exit(f"error: {error}")
for path in changed:
    sys.stdout.write(f"written: {path.relative_to(PROJECT_ROOT)}\n")
if not changed:
    sys.stdout.write("Every generated file is current.\n")
