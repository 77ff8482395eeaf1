"""Holds rendered JSON, YAML and shell against their readers, which decide what a value has become.

Reads JSON lines from the file named on the command line, each {"kind", "id", "plain", "hostile", "plain_value",
"hostile_value"}: one template rendered for a harmless value, a text without anything special or an integer, and for a
hostile one. Kinds and what must hold of the hostile text:

    json   it is the harmless text's tree with the value in the harmless one's place, as a whole or as a part of a text
    yaml   the same, read by PyYAML, and by ruamel.yaml (YAML 1.2) where it is installed
    shell  the script prints exactly what the harmless one prints, with the value in the harmless one's place, to bash
           and to dash, and leaves no file behind; scripts should print their arguments with printf '%s\\0'
    bash   the same for bash alone

A reader that is not installed is passed over and named at the end. Prints one line a difference, then the count of
checks; exits with 1 when there was a difference. The scripts are run in an empty folder: they must be harmless by
themselves.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile


class Difference(Exception):
    pass


def replaced(leaf, old, new):
    """What a harmless leaf must have become."""
    if type(leaf) is type(old) and leaf == old:
        return new
    return leaf.replace(str(old), str(new)) if isinstance(leaf, str) else leaf


def expected(tree, old, new):
    if isinstance(tree, dict):
        pairs = [(expected(key, old, new), expected(value, old, new)) for key, value in tree.items()]
        return dict(pairs)
    if isinstance(tree, list):
        return [expected(item, old, new) for item in tree]
    return replaced(tree, old, new)


def same(a, b):
    """Equal, and of the same types all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return a == b


def check_tree(load, case):
    want = expected(load(case["plain"]), case["plain_value"], case["hostile_value"])
    got = load(case["hostile"])
    if not same(want, got):
        raise Difference("%a became %a" % (want, got))


def run(shell, script):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "script")
        work = os.path.join(folder, "work")
        os.mkdir(work)
        with open(path, "wb") as file:
            file.write(script.encode())
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/home/oracle", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([shell, path], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
        if done.stderr:
            raise Difference("%s complains: %a" % (shell, done.stderr))
        if os.listdir(work):
            raise Difference("%s left a file: %a" % (shell, os.listdir(work)))
        return done.stdout


def check_shell(shell, case):
    old, new = str(case["plain_value"]).encode(), str(case["hostile_value"]).encode()
    want = run(shell, case["plain"]).replace(old, new)
    got = run(shell, case["hostile"])
    if got != want:
        raise Difference("%s printed %a, not %a" % (shell, got, want))


def yaml_readers():
    readers = {}
    try:
        import yaml
        readers["PyYAML"] = lambda text: list(yaml.safe_load_all(text))
    except ImportError:
        pass
    try:
        from ruamel.yaml import YAML
        readers["ruamel.yaml"] = lambda text: list(YAML(typ="safe", pure=True).load_all(text))
    except ImportError:
        pass
    return readers


def checks():
    """By kind: what to check, by reader."""
    shells = {name: (lambda case, path=shutil.which(name): check_shell(path, case))
              for name in ("bash", "dash") if shutil.which(name)}
    trees = {name: (lambda case, load=load: check_tree(load, case)) for name, load in yaml_readers().items()}
    return {
        "json": {"json": lambda case: check_tree(json.loads, case)},
        "yaml": trees,
        "shell": shells,
        "bash": {name: check for name, check in shells.items() if name == "bash"},
    }


def main(path):
    known = checks()
    done = failures = 0
    with open(path, encoding="ascii") as lines:
        for line in lines:
            case = json.loads(line)
            for reader, check in known[case["kind"]].items():
                done += 1
                try:
                    check(case)
                except Exception as error:  # a reader's errors are of many types
                    failures += 1
                    print("%s with %a: %s: %s: %s" % (case["id"], case["hostile_value"], reader, type(error).__name__,
                                                      ascii(str(error))))
    missing = {"PyYAML", "ruamel.yaml"} - set(known["yaml"]) | {"bash", "dash"} - set(known["shell"])
    if missing:
        print("not installed: %s" % ", ".join(sorted(missing)))
    print("%d checks, %d differences" % (done, failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
