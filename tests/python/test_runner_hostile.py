"""Holds the runner to its promise that a record is written whatever the test did to its process."""

import json
import signal

import pytest
from test_runner import run_test


@pytest.mark.parametrize(
    "statements",
    [
        "os.chdir('/')",
        "shutil.rmtree(os.getcwd())",
        "shutil.rmtree('../results')",
        "os.remove(__file__)",
        "os.closerange(0, 256)",
        "os.closerange(0, 256); os.open('other', os.O_CREAT | os.O_RDWR); shutil.rmtree(os.getcwd())",
        "sys.stdout.close(); sys.stderr.close()",
        "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None",
        "sys.exit = os._exit = os.replace = os.fsync = os.open = os.write = json.dumps = refuse",
        "builtins.open = builtins.print = io.open = os.getpid = time.perf_counter = os.makedirs = refuse",
        "traceback.TracebackException = linecache.getline = traceback.format_tb = refuse",
        "os.environ.clear(); sys.path.clear(); sys.argv.clear(); sys.modules.clear()",
        "sys.settrace(ignore); sys.setprofile(ignore)",
        "sys.meta_path.clear(); sys.path_hooks.clear()",
        "gc.disable(); warnings.simplefilter('error'); sys.excepthook = sys.unraisablehook = refuse",
        "threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()",
        "threading.Thread(target=time.sleep, args=(1000,)).start()",
        "atexit.register(time.sleep, 1000)",
        "sys.modules['numpy'] = Hostile(); sys.modules['torch'] = None",
        "sys.modules['__main__'] = None; del sys.modules['testloom_test']",
    ],
)
@pytest.mark.parametrize("ending", ["return {'success': True, 'kept': 1}", "raise ValueError('kept')"])
def test_a_record_is_written_whatever_the_test_did(tmp_path, statements, ending):
    source = f"""
import atexit, builtins, gc, io, json, linecache, os, shutil, signal, sys, threading, time, traceback, warnings
class Hostile:
    def __getattr__(self, name):
        raise KeyboardInterrupt
def refuse(*arguments, **more):
    raise RuntimeError("replaced by the test")
def ignore(*arguments):
    pass
def test_it():
    {statements}
    {ending}
"""
    record = run_test(tmp_path, source).record
    if ending.startswith("return"):
        assert (record["outcome"], record["result"]) == ("passed", {"success": True, "kept": 1})
    else:
        assert (record["outcome"], record["error"]["message"]) == ("error", "kept")
        assert record["error"]["traceback"].endswith("ValueError: kept\n")
        assert "linecache.getline" in statements or "raise ValueError('kept')" in record["error"]["traceback"]


def test_nothing_the_test_left_armed_interrupts_the_record(tmp_path):
    source = """
    import os, signal, sys, time
    class Interrupting:
        def __repr__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1.5)
            return "survived"
    def test_it():
        deep = "bottom"
        for _ in range(28):
            deep = [deep]
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 1)
        sys.setrecursionlimit(60)
        return {"interrupting": Interrupting(), "deep": deep}
    """
    finished = run_test(tmp_path, source)
    assert finished.returncode == 0
    assert finished.record["result"]["interrupting"] == "survived"
    assert json.dumps(finished.record["result"]["deep"]) == "[" * 28 + '"bottom"' + "]" * 28


def test_a_result_folder_that_was_deleted_is_made_again(tmp_path):
    source = "import shutil\ndef test_it(): shutil.rmtree('../results')\n"
    assert run_test(tmp_path, source).record["outcome"] == "passed"


@pytest.mark.parametrize(
    "statement, status",
    [("os._exit(0)", 0), ("os._exit(7)", 7), ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)],
)
def test_a_process_that_ends_itself_leaves_no_record(tmp_path, statement, status):
    finished = run_test(tmp_path, f"import os, signal\ndef test_it():\n    {statement}\n")
    assert (finished.record, finished.returncode) == (None, status)


def test_a_forked_child_leaves_the_record_to_its_parent(tmp_path):
    source = """
    import os, sys
    def test_it():
        statuses = []
        for ending in range(3):
            child = os.fork()
            if child == 0:
                if ending == 0:
                    return {"from": "child"}
                if ending == 1:
                    sys.exit(5)
                raise ValueError("in the child")
            statuses.append(os.waitpid(child, 0)[1] >> 8)
        return {"from": "parent", "statuses": statuses}
    """
    finished = run_test(tmp_path, source)
    assert finished.record["result"] == {"from": "parent", "statuses": [0, 5, 1]}
    assert "ValueError: in the child" in finished.stderr


@pytest.mark.parametrize("piece", ["bytearray(1 << 20)", "object()", "[None] * 1000"])
@pytest.mark.parametrize("owner", ["kept", "local"])
def test_memory_used_up_to_a_limit_is_oom(tmp_path, owner, piece):
    source = f"""
import resource
kept = []
def test_it():
    local = []
    resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
    while True:
        {owner}.append({piece})
"""
    record = run_test(tmp_path, source).record
    assert (record["outcome"], record["error"]["type"]) == ("oom", "MemoryError")
    assert ", in test_it\n" in record["error"]["traceback"]


def test_a_record_that_cannot_be_written_is_said(tmp_path):
    source = """
    import os
    def test_it():
        os.rmdir("../results")
        open("../results", "w").close()
    """
    finished = run_test(tmp_path, source)
    assert finished.record is None
    assert "cannot write" in finished.stderr and "record.json" in finished.stderr
