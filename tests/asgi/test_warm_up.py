import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

ALLOCATE = """
import ctypes, threading
from django41_example.server.warm_up import share_arena

share_arena()
threads = [threading.Thread(target=lambda: [bytes(5000) for _ in range(100)]) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_allocate_from_one_arena() -> None:
    told = subprocess.run([sys.executable, "-c", ALLOCATE], check=True, capture_output=True, text=True).stderr
    assert "Arena 0" in told
    assert "Arena 1" not in told
