"""A torch for tests of what measures: it computes nothing, and a clock of its own says how long that took. Put as
torch.py where an interpreter finds it. Work for cuda takes no time until it is waited for."""

import os
import time

__version__ = "2.9.9"

FLOPS = {"cpu": {"float32": 40e9, "bfloat16": 80e9}, "cuda": {"float32": 5e13, "float16": 4e14}}
BYTES = {"cpu": 8e9, "cuda": 2e12}
CALL = {"cpu": 3e-6, "cuda": 7e-6}
CACHE = {"cpu": 64e6, "cuda": 100e6}  # tensors up to here move ten times as fast
SMALL = 1000  # products smaller than that reach a third

float32, float16, bfloat16 = "float32", "float16", "bfloat16"


class _Clock:
    now = 0.0
    ready = 0.0  # when the device is done


def _work(kind, seconds):
    if kind == "cpu":
        _Clock.now += seconds
    else:
        _Clock.ready = max(_Clock.ready, _Clock.now) + seconds


if __name__ == "torch":
    time.perf_counter = lambda: _Clock.now


class device:
    def __init__(self, kind, index=0):
        self.kind = kind


class Tensor:
    def __init__(self, rows, columns, kind, dtype):
        self.rows, self.columns, self.kind, self.dtype = rows, columns, kind, dtype

    def __add__(self, other):
        _work(self.kind, CALL[self.kind])
        return self


def ones(rows, columns=1, dtype=float32, device=None):
    return Tensor(rows, columns, device.kind, dtype)


def empty_like(other):
    return Tensor(other.rows, other.columns, other.kind, other.dtype)


def mm(left, right):
    rate = FLOPS[left.kind][left.dtype] * (1 / 3 if left.rows < SMALL else 1)
    _work(left.kind, 2.0 * left.rows * left.columns * right.columns / rate)


def mul(source, factor, out):
    size = 4.0 * source.rows * source.columns
    _work(source.kind, 2 * size / BYTES[source.kind] / (10 if size <= CACHE[source.kind] else 1))


class no_grad:
    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        return False


class nn:
    class Linear:
        def __init__(self, columns, rows):
            pass

        def to(self, device):
            return self

        def __call__(self, values):
            return values + values


class cuda:
    @staticmethod
    def is_available():
        return os.environ.get("SIMULATED_CUDA") == "1"

    @staticmethod
    def device_count():
        return 1

    @staticmethod
    def get_device_name(index):
        return "a card"

    @staticmethod
    def get_device_properties(index):
        return type("Properties", (), {"name": "a card", "total_memory": 8 << 30})

    @staticmethod
    def synchronize():
        if os.environ.get("SIMULATED_FAULT") == "1":
            raise RuntimeError("CUDA error: an illegal memory access\nmore of it")
        _Clock.now = max(_Clock.now, _Clock.ready)


class version:
    hip = None


class backends:
    pass


def get_num_threads():
    return 3
