"""What the figures were measured on, and how busy it was."""

import os
import platform
import re
from pathlib import Path

import psutil


def describe_machine() -> dict[str, str]:
    """Cores, processor, memory and system of this machine."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return {
        "cores": str(os.cpu_count()),
        "processor": found.group(1) if found else platform.machine(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}",
    }


def load_average() -> float:
    """Runnable processes per core over the last minute: above 1 before a round begins, others compete for the cores."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)
