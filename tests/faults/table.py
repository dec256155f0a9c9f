"""All rows of the catalogue of faults, in the order of their names."""

from tests.faults import processes, proved, provider, terminal
from tests.faults.scene import Fault

FAULTS: tuple[Fault, ...] = tuple(
    sorted(
        (*provider.FAULTS, *proved.FAULTS, *processes.FAULTS, *terminal.FAULTS), key=lambda fault: fault.id
    )
)
