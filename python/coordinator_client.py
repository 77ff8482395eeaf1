"""The original name of testloom's coordinator client."""

from testloom import CoordinatorClient

__all__ = ["CoordinatorClient"]
