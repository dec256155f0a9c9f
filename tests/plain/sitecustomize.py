"""On PYTHONPATH, it has a pytest that the program starts be there in a third of the time: without our own plugins.

Commands of the program keep PYTHONPATH, and few other variables.
"""

import os

os.environ.setdefault("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
