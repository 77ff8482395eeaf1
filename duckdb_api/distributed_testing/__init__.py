"""The generator of tests from templates, and the client of a coordinator."""
