"""A store of plausible outcomes with its report, and questions to the store that need no testloom."""

import importlib.util

import duckdb
from cli_driver import REPOSITORY, Program

FAILING = ("failed", "error", "oom", "timeout", "crashed")


def example_stores():
    spec = importlib.util.spec_from_file_location("report_store", REPOSITORY / "bench" / "report_store.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Example:
    def __init__(self, folder, tests, runs):
        self.tests, self.runs = tests, runs
        self.program = Program(folder)
        self.program("init", "--no-templates")
        self.store = folder / "testloom.duckdb"
        example_stores().fill(self.store, tests, runs)
        self.file = folder / "report.html"
        self.program("report", "--html", self.file)

    def ask(self, question):
        """Rows of a statement; the view `latest` has the outcomes of the last run of each case, and their p50."""
        with duckdb.connect(str(self.store), read_only=True) as connection:
            connection.execute(
                "CREATE TEMP VIEW latest AS SELECT *, (result->>'$.latency_s.p50')::DOUBLE AS p50 FROM outcomes "
                'QUALIFY run_id = max(run_id) OVER (PARTITION BY "case")'
            )
            return connection.execute(question).fetchall()

    def passing_model(self):
        """A model of which every test on the cpu passed, with two templates."""
        ((model,),) = self.ask(
            "SELECT model_name FROM latest WHERE hardware_type = 'cpu' GROUP BY 1 HAVING bool_and(outcome = 'passed') AND "
            "count(DISTINCT template_name) = 2 ORDER BY 1 LIMIT 1"
        )
        return model
