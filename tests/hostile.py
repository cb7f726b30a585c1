"""Runs the tool on every file of scripts/make_hostile.py: no crash, no hang, bounded memory, nothing written, a precise error.

Commands on each file: info (which loads it); where it may load, code and run too. Memory is bounded by the file's size plus MEMORY.
"""
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts"))
import make_hostile  # noqa: E402

SECONDS, MEMORY = 10, 256 << 20
ANSWERS = (0, 1, 3, 4)  # exit statuses of the tool that are answers, see `linkboy --help`
# what an error must name: the record (or source file) and the place in it
NAMES = {
    "tensor": (r"data\.pkl|data/", r"offset \d+"),
    "pickle": (r"\.pkl", r"offset \d+"),
    "sweep": (r"\.pkl|code/|__torch__|data/", r"\d"),
    "archive": (r"record|director|zip|version|byteorder|data\.pkl|__torch__|file is empty", r"."),
    "code": (r"code/|__torch__|data\.pkl", r"line \d+|offset \d+|out of memory"),
}


class Run:
    """One command: its exit status, texts, seconds, peak memory."""

    def __init__(self, command, folder):
        out, errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        clock = threading.Timer(SECONDS, process.kill)
        clock.start()
        _, status, usage = os.wait4(process.pid, 0)
        clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds, self.status, self.bytes = time.monotonic() - start, process.returncode, usage.ru_maxrss << 10
        errors.seek(0)
        self.errors = errors.read(4 << 20).decode(errors="replace")

    def fault(self, size):
        if self.seconds >= SECONDS:
            return f"no end after {SECONDS} s"
        if self.status not in ANSWERS:
            return f"exit {self.status}\n{self.errors}"
        if "AddressSanitizer" not in self.errors and self.bytes > size + MEMORY and not os.environ.get("LINKBOY_SANITIZED"):
            return f"{self.bytes >> 20} MB of memory for a file of {size} bytes"
        return None


def judge_load(attack, run):
    """Why the first command's answer is not what it must be, or None."""
    if attack.expect == "loads" and run.status != 0:
        return f"must load: {run.errors}"
    if attack.expect == "refused" and run.status == 0:
        return "must be refused, but it loads"
    if run.status == 0:
        return None
    missing = [p for p in NAMES[attack.name.split("/")[0]] if not re.search(p, run.errors)]
    return f"the error names no {' and no '.join(missing)}: {run.errors}" if missing else None


def perform(attack, path, tool):
    """(ok, why, seconds)"""
    size, seconds = os.path.getsize(path), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for words in (["info", path], ["code", path], ["run", path, "--random", "2,2"]):
            run = Run([tool, *words], folder)
            seconds += run.seconds
            fault = run.fault(size) or (judge_load(attack, run) if words[0] == "info" else None)
            if fault:
                return False, f"linkboy {words[0]}: {fault}", seconds
            if os.listdir(folder):
                return False, f"linkboy {words[0]} wrote {os.listdir(folder)}", seconds
            if attack.expect == "refused" and words[0] == "info":
                break
    return True, "", seconds


def run(tool, tests, wanted):
    """(name, ok, why, seconds) of every attack."""
    kept = os.path.join(tests, "hostile")
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        # by a process of its own: a child's peak memory counts what its parent held when it was started
        subprocess.run([sys.executable, make_hostile.__file__, "--all", made], check=True, stdout=subprocess.DEVNULL)

        def one(attack):
            path = make_hostile.path_of(made if attack.big else kept, attack)
            if not attack.big and (not os.path.exists(path) or open(path, "rb").read() != attack.make()):
                return False, "the kept file is not what scripts/make_hostile.py makes: run it again", 0.0
            return perform(attack, path, tool)

        chosen = [a for a in make_hostile.ATTACKS if wanted("hostile/" + a.name)]
        for attack, answer in zip(chosen, pool.map(one, chosen)):
            yield "hostile/" + attack.name, *answer
