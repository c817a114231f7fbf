"""The home as a Dagster resource, so that assets find it and tests swap it."""

from pathlib import Path

import dagster as dg

from pipelines.settings import Home
from pipelines.study import Study, load_study

RESOURCE_KEY = "siteproof_home"


class HomeResource(dg.ConfigurableResource[Home]):
    """Where studies, landing, store and results lie."""

    root: str

    @property
    def home(self) -> Home:
        """The home of this installation."""
        return Home(Path(self.root))

    def study(self, study_id: str) -> Study:
        """Read a study's configuration; raises ConfigError with file and line."""
        return load_study(self.home.study_file(study_id))
