"""A process that holds keys keeps them to itself."""

import os
import subprocess
import sys

import pytest

CODE = """
import ctypes, subprocess, sys
from aura.safety.process import keep_to_itself
print(keep_to_itself(), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
child = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
subprocess.run([sys.executable, "-c", child], check=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
@pytest.mark.parametrize(("key", "said"), [("sk-0123456789", "True 0\n1\n"), ("", "False 1\n1\n")])
def test_others_cannot_read_it_while_it_holds_keys(key: str, said: str) -> None:
    environ = {**os.environ, "OPENAI_API_KEY": key, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == said
