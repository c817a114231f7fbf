"""Files of the repository that follow from others: the contracts of the marts and the pages of the checks.

`python -m pipelines.reference` writes them; tests hold them to their sources.
"""

from pipelines.reference.generation import generated_files, write_generated_files

__all__ = ["generated_files", "write_generated_files"]
