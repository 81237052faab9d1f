"""The indexing job: what makes an index hold the articles of files and folders, and what looks after it."""

from index.job.doctor import Lost, VerifyReport, repair, verify
from index.job.report import Done, Failure, JobReport, Progress
from index.job.runner import run

__all__ = ["Done", "Failure", "JobReport", "Lost", "Progress", "VerifyReport", "repair", "run", "verify"]
