"""Siteproof: the quality gate between clinical-trial sites and sponsors."""
