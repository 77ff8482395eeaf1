"""The original names of testloom's interface."""
