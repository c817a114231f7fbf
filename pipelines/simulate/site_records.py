"""What one made-up site holds before it is written: a table a file, dates in ISO 8601 and flags as Y and N."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from pipelines.simulate.amendments import StudyVersion, version_on
from pipelines.simulate.exports import EXTRACTED, SOURCES
from pipelines.simulate.habits import Habit
from pipelines.simulate.hospitals import Hospital
from pipelines.simulate.style import Style
from pipelines.simulate.subject_course import CUTOFF, Course

Row = dict[str, str]


@dataclass
class Table:
    """The rows of one file and the columns that it has, in order."""

    columns: list[str]
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class OtherFile:
    """A file of a source beside the one that counts: sent so many days before it, or else the same once more after it.

    The one before is written with `more` rows, and without the last of the rows, as many as `fewer` says.
    """

    source: str
    days_before: int | None = None
    more: tuple[Row, ...] = ()
    fewer: int = 0

    @property
    def is_repeat(self) -> bool:
        """Whether no day lies between it and the file that counts."""
        return not self.days_before


@dataclass
class SiteRecords:
    """One site's subjects and files; it includes subjects from `activation` on, and sees nobody after `closure`.

    `study_start` is the day of the first consent of all sites of the study. `neighbour` is another site of the study,
    with its subjects and without records; a study of one site has none. `undelivered` names the sources that sent
    no file. `kept_cases` are the safety cases in which a fault was planted, so that they are not brought in step with
    EDC.
    """

    study: str
    site: str
    hospital: Hospital
    style: Style
    activation: date
    versions: tuple[StudyVersion, ...]
    habit: Habit
    closure: date | None = None
    study_start: date | None = None
    neighbour: SiteRecords | None = None
    courses: list[Course] = field(default_factory=list)
    tables: dict[str, Table] = field(
        default_factory=lambda: {name: Table(list(layout.columns)) for name, layout in SOURCES.items()}
    )
    other_files: list[OtherFile] = field(default_factory=list)
    undelivered: set[str] = field(default_factory=set)
    kept_cases: set[str] = field(default_factory=set)
    last_record: int = 0

    @property
    def country(self) -> str:
        """The country of the hospital."""
        return self.hospital.country

    @property
    def traveller(self) -> Course | None:
        """The subject whose demographics and visits no fault changes, so that another site may have seen it too."""
        return next((course for course in reversed(self.courses) if course.outcome == "ongoing"), None)

    def version_on(self, day: date) -> StudyVersion:
        """Return the version of the protocol in force at the site on a day."""
        return version_on(self.versions, day)

    def who_does(self, task: str, day: date) -> str:
        """Return the id of the person who does a task on a day."""
        return self.hospital.person_for(task, day).person_id

    def next_record(self) -> str:
        """Return an identifier that no other record of the site has."""
        self.last_record += 1
        return str(100000 + self.last_record)

    def add(self, source: str, **values: object) -> Row:
        """Append a row; dates are written as ISO 8601, None as blank; the site and the day of extraction are filled."""
        layout = SOURCES[source]
        row = dict.fromkeys(layout.columns, "")
        row[layout.site] = self.site
        if layout.names_extraction:
            row[EXTRACTED] = CUTOFF.isoformat()
        row.update({column: "" if value is None else str(value) for column, value in values.items()})
        self.tables[source].rows.append(row)
        return row

    def add_page(self, source: str, course: Course, form: str, visit: str, num: int | None, **values: object) -> Row:
        """Append a row of an EDC form, with what every EDC page carries."""
        return self.add(
            source,
            studyid=self.study,
            siteid=self.site,
            subjid=course.subject,
            subjectid=f"{course.subject}-XXX",
            datapagename=form,
            instancename=visit,
            folderseq_nsv=num,
            recordid=self.next_record(),
            **values,
        )

    def rows_of(self, source: str, subject: str) -> list[Row]:
        """Return the rows of one subject, in file order."""
        column = SOURCES[source].subject
        if column is None:
            return []
        return [row for row in self.tables[source].rows if row[column].split("-")[0] == subject]

    def shuffle_queries(self, rng: Random) -> None:
        """Put the queries out of subject order, as they come from the EDC's database."""
        rng.shuffle(self.tables["QUERIES"].rows)


def date_of(row: Row, column: str) -> date:
    """Return a date that the simulator itself wrote."""
    return date.fromisoformat(row[column])
