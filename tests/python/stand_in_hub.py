"""Stand-ins for the hub: its client, a package huggingface_hub put before an interpreter's others that writes models
into the cache as the real one does and keeps a record of its calls (what a model is called says what becomes of it);
and a server for the real one."""

import contextlib
import hashlib
import http.server
import json
import os
import threading

PACKAGE = """\
__version__ = "0.0"

import json, os, time

def record(**facts):
    with open(os.environ["HUB_RECORD"], "a") as file:
        file.write(json.dumps(facts) + "\\n")

class HfApi:
    def list_repo_files(self, name):
        record(call="list", model=name, time=time.time())
        if "missing" in name:
            raise LookupError("no " + name + " for " + os.environ.get("HF_TOKEN", "anybody") + "\\n\\nLook again.")
        return ["config.json", "model.safetensors", "pytorch_model.bin"]

def snapshot_download(name, allow_patterns):
    begin = time.time()
    folder = os.path.join(os.environ["HF_HUB_CACHE"], "models--" + name.replace("/", "--"))
    for part in ("blobs", "refs", "snapshots/abc"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
    steps = 40 if "slow" in name else 4
    for step in range(steps):
        time.sleep(0.1)
        record(call="step", model=name, step=step)
    for pattern in allow_patterns:
        with open(os.path.join(folder, "blobs", pattern), "wb") as file:
            file.write(bytes(1000000))
        link = os.path.join(folder, "snapshots/abc", pattern)
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink("../../blobs/" + pattern, link)
    with open(os.path.join(folder, "refs", "main"), "w") as file:
        file.write("abc")
    record(call="download", model=name, files=allow_patterns, begin=begin, end=time.time())
"""


class Hub:
    """The package in a folder, an empty cache, and the environment in which an interpreter has both."""

    def __init__(self, folder):
        self.cache, self._record = folder / "cache", folder / "record.jsonl"
        package = folder / "packages" / "huggingface_hub"
        package.mkdir(parents=True)
        self.cache.mkdir()
        (package / "__init__.py").write_text(PACKAGE)
        self.environment = {
            "PYTHONPATH": str(package.parent),
            "HF_HUB_CACHE": str(self.cache),
            "HUB_RECORD": str(self._record),
            "HF_HUB_OFFLINE": "",
            "TRANSFORMERS_OFFLINE": "",
        }

    def calls(self, kind):
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        return [each for each in map(json.loads, lines) if each["call"] == kind]

    def fetched(self):
        return sorted(each["model"] for each in self.calls("download"))

    def models(self):
        return sorted(os.listdir(self.cache))

    def put(self, name, size=1_000_000, weights="model.safetensors"):
        """A model as an earlier download left it."""
        folder = self.cache / ("models--" + name.replace("/", "--"))
        (folder / "blobs").mkdir(parents=True)
        (folder / "snapshots" / "abc").mkdir(parents=True)
        (folder / "blobs" / "one").write_bytes(bytes(size))
        (folder / "snapshots" / "abc" / weights).symlink_to("../../blobs/one")
        return folder


@contextlib.contextmanager
def hub_server(model, files, commit="a" * 40):
    """A hub that has one model with these files, on a port of this machine: its address, and the paths asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def say(self, code, body=b"", **headers):
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def say_json(self, value):
            self.say(200, json.dumps(value).encode(), Content_Type="application/json")

        def do_GET(self):
            path = self.path.partition("?")[0]
            asked.append((self.command, path))
            name = path.partition(f"/{model}/resolve/")[2].partition("/")[2]
            if path.startswith(f"/api/models/{model}/tree/"):
                listed = [{"type": "file", "path": path, "size": len(body), "oid": "0"} for path, body in files.items()]
                self.say_json(listed)
            elif path.startswith(f"/api/models/{model}"):
                self.say_json({"id": model, "sha": commit, "siblings": [{"rfilename": name} for name in files]})
            elif name in files:
                digest = hashlib.sha1(files[name]).hexdigest()
                self.say(200, files[name], ETag=f'"{digest}"', X_Repo_Commit=commit)
            else:
                self.say(404, b"{}", X_Error_Code="RepoNotFound")

        do_HEAD = do_GET

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def most_at_once(spans):
    """The largest number of spans {begin, end} that share a moment."""
    return max(sum(each["begin"] <= span["begin"] < each["end"] for each in spans) for span in spans)
