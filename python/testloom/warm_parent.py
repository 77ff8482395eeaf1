"""Loads what tests import once, and forks a process for each test; needs only Python 3.8 or later, on Linux.

    PYTHON warm_parent.py RUNNER STATEMENTS

STATEMENTS is a JSON list of import statements; one that fails is passed over, and the test that has it fails by itself.
Nothing else is done here: nothing is computed, no device is asked. Then one forked child multiplies matrices, since
thread pools that libraries start on import do not always survive a fork.

Descriptor 3 is a socket of packets, each an object in JSON. The first goes out:

    {"ready": reason}      reason: null, or why nothing can be forked here

Then come requests, each with one descriptor, which becomes the test's standard output and error:

    {"id": 7, "test": path, "result": path, "folder": path, "group": path, "env": {name: value}}

group is the file by which a process gets into its control group, or "".

and for each go out, in this order:

    {"id": 7, "pid": 123}  or {"id": 7, "error": reason}
    {"id": 7, "status": wait status, "maxrss": kilobytes}

The process ends when the other side closes the socket. A child has a session of its own, the limits of a test, and
ends with its parent.
"""

import array
import ctypes
import gc
import importlib.util
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import warnings

CONTROL = 3
CHECK_SECONDS = 20
CHECK_SIZE = 384
OPEN_FILES = 4096
MESSAGE_BYTES = 1 << 20
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# What a process has open that holds a device's context, which no child may use.
DEVICE_FILES = ("/dev/nvidia", "/dev/kfd", "/dev/dri/render", "/dev/davinci", "/dev/accel", "/dev/habanalabs")

prctl = ctypes.CDLL(None).prctl


def load_runner(path):
    spec = importlib.util.spec_from_file_location("testloom_runner", path)
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)
    return runner


def load(statements):
    for statement in statements:
        try:
            exec(statement, {"__name__": "testloom_imports"})
        except BaseException:  # the test that has it meets the same
            pass


def open_device():
    """Returns the device file that this process holds open, if any."""
    for number in os.listdir("/proc/self/fd"):
        try:
            path = os.readlink("/proc/self/fd/" + number)
        except OSError:
            continue
        if path.startswith(DEVICE_FILES) and path not in ("/dev/nvidiactl",):
            return path
    return None


def multiply():
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        ones = numpy.ones((CHECK_SIZE, CHECK_SIZE), dtype=numpy.float32)
        numpy.matmul(ones, ones)
    if torch is not None:
        ones = torch.ones(CHECK_SIZE, CHECK_SIZE)
        torch.matmul(ones, ones)


def fork():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn where threads are alive; that is what is checked
        return os.fork()


def why_not():
    """Returns why no test can be forked from here, or None."""
    device = open_device()
    if device:
        return "importing opened the device %s" % device
    pid = fork()
    if pid == 0:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        try:
            multiply()
        except BaseException:
            os._exit(1)
        os._exit(0)
    end = time.monotonic() + CHECK_SECONDS
    pause = 0.0005
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return None if status == 0 else "multiplying matrices fails in a forked process"
        time.sleep(pause)
        pause = min(2 * pause, 0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "multiplying matrices hangs in a forked process"


def enter_group(entry):
    if not entry:
        return
    try:
        file = os.open(entry, os.O_WRONLY)
        os.write(file, b"0")
        os.close(file)
    except OSError:  # then it is done without
        pass


def become_test(runner, runner_path, request, output, parent):
    """In the child: takes its place and runs the test; does not return."""
    os.setsid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(127)
    enter_group(request["group"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for number in (CONTROL, nothing, output, *kept_open):
        os.close(number)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(request["folder"])
    os.environ.update(request["env"])
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()  # as a fresh interpreter does; Python's own generator sees to it itself
    gc.enable()
    sys.argv[:] = [request["test"]]
    sys.path.insert(0, os.path.dirname(request["test"]))
    # As in a fresh interpreter, which the runner is the main module of.
    sys.modules["__main__"] = runner
    sys.modules.pop(runner.__name__, None)
    runner.__name__, runner.__spec__ = "__main__", None
    sys.meta_path.insert(0, runner.TestFinder)
    runner.main(request["result"])
    os._exit(0)


def send(control, message):
    control.send(json.dumps(message).encode("ascii"))


def receive(control):
    """Returns a request and its descriptor; None at the end."""
    descriptors = array.array("i")
    data, ancillary, _, _ = control.recvmsg(MESSAGE_BYTES, socket.CMSG_SPACE(descriptors.itemsize))
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: descriptors.itemsize])
    if not data:
        return None
    return json.loads(data), descriptors[0]


def start(control, runner, runner_path, running, parent):
    """Forks the next request's test; False at the end."""
    received = receive(control)
    if received is None:
        return False
    request, output = received
    try:
        pid = fork()
    except OSError as error:
        os.close(output)
        send(control, {"id": request["id"], "error": "no process could be made: %s" % error.strerror})
        return True
    if pid == 0:
        become_test(runner, runner_path, request, output, parent)
    os.close(output)
    running[pid] = request["id"]
    send(control, {"id": request["id"], "pid": pid})
    return True


def reap(control, running):
    while running:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if pid == 0:
            return
        if pid in running:
            send(control, {"id": running.pop(pid), "status": status, "maxrss": usage.ru_maxrss})


def serve(control, runner, runner_path):
    wake_read, wake_write = os.pipe()
    for end in (wake_read, wake_write):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake_write)
    kept_open[:] = [wake_read, wake_write]
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake_read, select.POLLIN)
    running, parent = {}, os.getpid()
    while True:
        ready = [number for number, _ in poll.poll()]
        if wake_read in ready:
            try:
                os.read(wake_read, 4096)
            except BlockingIOError:
                pass
            reap(control, running)
        if control.fileno() in ready and not start(control, runner, runner_path, running, parent):
            return


kept_open = []


def main():
    runner_path = os.path.abspath(sys.argv[1])
    statements = json.loads(sys.argv[2])
    # What lies beside this file must not shadow what tests import.
    if sys.path and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):
        del sys.path[0]
    control = socket.socket(fileno=CONTROL)
    control.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    runner = load_runner(runner_path)
    load(statements)
    reason = why_not()
    runner.shared_file_bytes = runner.memory_mark("RssFile") or 0
    # Nothing of what is loaded is looked at again, so that children share its pages.
    gc.collect()
    gc.freeze()
    gc.disable()
    send(control, {"ready": reason})
    if reason is None:
        serve(control, runner, runner_path)
    os._exit(0)


if __name__ == "__main__":
    try:
        main()
    except OSError:  # the other side is gone
        os._exit(1)
