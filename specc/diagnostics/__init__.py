"""What specc says about a spec: diagnostics as data, suggestions, renderings."""

from specc.diagnostics.model import Diagnostic as Diagnostic
from specc.diagnostics.model import Edit as Edit
from specc.diagnostics.model import Label as Label
from specc.diagnostics.model import Place as Place
from specc.diagnostics.model import Report as Report
from specc.diagnostics.model import Source as Source
from specc.diagnostics.model import Span as Span
from specc.diagnostics.model import SpecError as SpecError
from specc.diagnostics.model import fail as fail
from specc.diagnostics.suggest import did_you_mean as did_you_mean
from specc.diagnostics.suggest import listing as listing
