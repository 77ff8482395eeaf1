"""The protocol of the engines in Python (see README.md). An engine hands serve() a function that makes a render
function, values -> text, from the template's text."""

import json
import pathlib
import sys
import time


def serve(make_render):
    template, values, most = sys.argv[1:]
    with open(values, encoding="ascii") as file:
        sets = [json.loads(line) for line, _ in zip(file, range(int(most)))]
    render = make_render(pathlib.Path(template).read_bytes().decode("ascii"), sets)
    print("ready", flush=True)
    for line in sys.stdin:
        command, count, *path = line.split()
        chosen = sets[: int(count)]
        if command == "round":
            print(*timed_round(render, chosen), flush=True)
        else:
            with open(path[0], "w", encoding="ascii", newline="") as file:
                file.writelines(map(render, chosen))
            print("done", flush=True)


def timed_round(render, sets):
    """Seconds and bytes of rendering each of the sets once; everything is ASCII, a character is a byte."""
    size = 0
    start = time.perf_counter()
    for values in sets:
        size += len(render(values))
    return time.perf_counter() - start, size
