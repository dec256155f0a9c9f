"""All rows of the catalogue of faults, in the order of their names."""

from tests.faults import provider
from tests.faults.scene import Fault

FAULTS: tuple[Fault, ...] = tuple(sorted((*provider.FAULTS,), key=lambda fault: fault.id))
