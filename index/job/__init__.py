"""The indexing job: what makes an index hold the articles of files and folders, and what looks after it."""

from index.job.doctor import VerifyReport, verify
from index.job.report import Done, Failure, JobReport, Progress
from index.job.runner import run

__all__ = ["Done", "Failure", "JobReport", "Progress", "VerifyReport", "run", "verify"]
