"""The original name of testloom's generator."""

from testloom import TestGeneratorIntegration

__all__ = ["TestGeneratorIntegration"]
