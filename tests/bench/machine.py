"""What the numbers were measured on."""
import glob
import os
import platform


def _first_value(path, key):
    with open(path) as lines:
        for line in lines:
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return "unknown"


def facts():
    return {
        "cores": len(os.sched_getaffinity(0)),
        "model": _first_value("/proc/cpuinfo", "model name"),
        "memory": _first_value("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
    }


def waited(processes):
    """Seconds for which threads of these processes were ready but had no core."""
    total = 0
    for process in processes:
        for path in glob.glob(f"/proc/{process}/task/*/schedstat"):
            try:
                with open(path) as line:
                    total += int(line.read().split()[1])
            except (OSError, IndexError, ValueError):
                continue
    return total / 1e9
