"""What keeps a run from being done although the user's input is right; the command then ends with exit code 1."""


class RunError(Exception):
    """The message says which run, and why."""


class StudyBusyError(RunError):
    """Another process works on the study."""


class RunFailedError(RunError):
    """A step of the run failed."""
