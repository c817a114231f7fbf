"""How much the specs hold: predicates are changed one place at a time, and each change must turn a case.

`make mutation` prints the figure; `make mutation CHECKS="AE-05 AE-13"` that of some checks. Changes that no row can
show stand with their reason in equivalent_mutants.yml.
"""
