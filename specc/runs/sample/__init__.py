"""Rows drawn from what a model has learned."""

from __future__ import annotations

from specc.runs.sample.given import CannotSample as CannotSample
from specc.runs.sample.given import parse_given as parse_given
from specc.runs.sample.samples import ROWS as ROWS
from specc.runs.sample.samples import STEPS as STEPS
from specc.runs.sample.samples import Samples as Samples
from specc.runs.sample.samples import advice as advice
from specc.runs.sample.samples import sample_run as sample_run
from specc.runs.sample.written import SUFFIXES as SUFFIXES
from specc.runs.sample.written import file_of as file_of
