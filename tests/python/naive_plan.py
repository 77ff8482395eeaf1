"""Plans made one test at a time, out of nothing but loops, and random specs to compare them with the program's.

`naive_tests(world, spec)` gives {case: (is_reference, names of cases before it)}; `random_spec` makes a spec, and
`toml_of` writes it down."""

import itertools

MODELS = [f"net-{name}" for name in "abcd"]
HARDWARE = ["cpu", "cuda", "rocm"]
AXES = {"dtype": ["f32", "bf16", "int8"], "steps": [1, 2, 3], "fast": [True, False], "size": [128, 256]}
PARAMETERS = {  # by template: parameters with their defaults, choices, needs
    "plain": ({}, {}, []),
    "typed": ({"dtype": "f32", "steps": 1}, {"dtype": ["f32", "bf16"]}, []),
    "sized": ({"size": 64, "fast": True, "dtype": "f32"}, {}, []),
    "parity": ({"dtype": "f32"}, {}, [("typed", {"hardware_type": "cpu", "dtype": "f32"}), ("plain", {})]),
    "after": ({}, {}, [("parity", {"batch_size": 1})]),
}
CONDITIONS = [  # as SQL and as Python over a dict; a missing axis is NULL
    ("hardware_type = 'cuda' and batch_size > 4", lambda c: c["hardware_type"] == "cuda" and c["batch_size"] > 4),
    ("dtype = 'bf16' and hardware_type <> 'cuda'", lambda c: c.get("dtype") == "bf16" and c["hardware_type"] != "cuda"),
    ("template_name = 'plain' and batch_size % 2 = 0", lambda c: c["template_name"] == "plain" and c["batch_size"] % 2 == 0),
    ("steps * 2 > 5 or size = 256", lambda c: c.get("steps", 0) * 2 > 5 or c.get("size") == 256),
    ("model_name like '%b'", lambda c: c["model_name"].endswith("b")),
    ("not fast and model_name in ('net-a', 'net-d')", lambda c: c.get("fast") is False and c["model_name"] in ("net-a", "net-d")),
]
TYPES = {str: "str", int: "int", bool: "bool"}


def quoted(value):
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def template_text(name):
    """A template's text, as the program takes it."""
    parameters, choices, needs = PARAMETERS[name]
    lines = []
    for key, default in parameters.items():
        python = f'"{default}"' if isinstance(default, str) else repr(default)
        among = f" in {choices[key]!r}".replace("'", '"') if key in choices else ""
        lines.append(f"#% param {key}: {TYPES[type(default)]} = {python}{among}")
    for needed, values in needs:
        lines.append(" ".join([f"#% needs {needed}", *(f"{key}={quoted(value)}" for key, value in values.items())]))
    shown = "".join(f", ${{{key}}}" for key in parameters)
    return "\n".join([*lines, "def test_it():", f"    return ${{batch_size}}{shown}", ""])


def random_spec(random):
    """A spec: what is planned over what, and what is left out, in or limited."""
    some = lambda values, least: random.sample(values, random.randint(least, len(values)))
    templates = some(list(PARAMETERS), 1)
    declared = {key for name in templates for key in PARAMETERS[name][0]}
    axes = {key: some(values, 1) for key, values in AXES.items() if key in declared and random.random() < 0.7}
    zipped = []
    if len(axes) > 1 and random.random() < 0.3 and "parity" not in templates and "after" not in templates:
        zipped = random.sample(sorted(axes), 2)
        axes.update({key: axes[key][: min(len(axes[key]) for key in zipped)] for key in zipped})
    spec = {
        "models": some(MODELS, 1),
        "templates": templates,
        "hardware_types": some(HARDWARE, 1),
        "batch_sizes": some([1, 2, 4, 16, 64], 1),
        "axes": axes,
        "zipped": zipped,
        "exclude": [c for c in some(CONDITIONS, 0) if all(key in axes for key in AXES if key in c[0]) and random.random() < 0.6],
        "limit": random.choice([None, None, 3.0]),
        "include": [],
    }
    for _ in range(random.choice([0, 0, 1, 2])):
        cell = {"model_name": random.choice(spec["models"]), "template_name": random.choice(templates)}
        cell.update({"batch_size": 32} if random.random() < 0.7 else {"hardware_type": random.choice(HARDWARE)})
        spec["include"].append(cell)
    return spec


def toml_of(spec):
    lists = "".join(
        f"{key} = [{', '.join(quoted(value) for value in spec[key])}]\n"
        for key in ("models", "templates", "hardware_types", "batch_sizes")
    )
    axis = lambda key: f"{key} = [{', '.join(quoted(value) for value in spec['axes'][key])}]\n"
    text = "[plan]\n" + lists
    if spec["limit"]:
        text += f"limits = {{ memory_gb = {{ cuda = {spec['limit']} }} }}\n"
    text += "[plan.axes]\n" + "".join(axis(key) for key in spec["axes"] if key not in spec["zipped"])
    if spec["zipped"]:
        text += "[[plan.zip]]\n" + "".join(axis(key) for key in spec["zipped"])
    for sql, _ in spec["exclude"]:
        text += f'[[plan.exclude]]\nwhere = "{sql}"\nreason = "no"\n'
    for cell in spec["include"]:
        text += "[[plan.include]]\n" + "".join(f"{key} = {quoted(value)}\n" for key, value in cell.items())
    return text


class NaivePlan:
    """The tests of one model. A test is (template, cell), a cell (hardware_type, batch_size, sorted (axis, value)s)."""

    def __init__(self, spec, model):
        self.spec, self.model = spec, model
        self.left_out, self.tests, self.needed = {}, set(), {}  # left_out: whether that holds for every model
        for template in spec["templates"]:
            for cell in self.cells(template, spec["hardware_types"], spec["batch_sizes"]):
                self.sort((template, cell))
        for entry in spec["include"]:
            if entry["model_name"] == model:
                self.include(entry)
        self.references = set()
        while self.resolve():
            pass
        reached = {needed for test in self.tests for needed in self.needed[test]}
        while more := {needed for test in reached for needed in self.needed[test]} - reached:
            reached |= more
        self.references = reached - self.tests

    def cells(self, template, hardware_types, batch_sizes):
        declared = [key for key in self.spec["axes"] if key in PARAMETERS[template][0]]
        together = [key for key in self.spec["zipped"] if key in declared]
        steps = [[[(key, value)] for value in self.spec["axes"][key]] for key in declared if key not in together]
        if together:
            steps.append([list(zip(together, values)) for values in zip(*(self.spec["axes"][key] for key in together))])
        chosen = {tuple(sorted(itertools.chain(*choice))) for choice in itertools.product(*steps)}
        return {(h, b, axes) for h in hardware_types for b in batch_sizes for axes in chosen}

    def is_refused(self, test):
        choices = PARAMETERS[test[0]][1]
        return any(key in choices and value not in choices[key] for key, value in test[1][2])

    def is_over_limit(self, cell):
        limit = self.spec["limit"]
        return bool(limit) and cell[0] == "cuda" and max(0.5, cell[1] / 4) > limit

    def sort(self, test):
        template, cell = test
        values = {"template_name": template, "hardware_type": cell[0], "batch_size": cell[1], "model_name": self.model, **dict(cell[2])}
        if self.is_refused(test) or self.is_over_limit(cell):
            self.left_out[test] = True
        elif reasons := ["model_name" not in sql for sql, holds in self.spec["exclude"] if holds(values)]:
            self.left_out[test] = any(reasons)
        else:
            self.tests.add(test)

    def include(self, entry):
        hardware_types = [entry["hardware_type"]] if "hardware_type" in entry else self.spec["hardware_types"]
        batch_sizes = [entry["batch_size"]] if "batch_size" in entry else self.spec["batch_sizes"]
        for cell in self.cells(entry["template_name"], hardware_types, batch_sizes):
            test = (entry["template_name"], cell)
            if not self.is_refused(test) and not self.is_over_limit(cell):
                self.tests.add(test)

    def needs_of(self, test):
        """The tests that a test needs."""
        template, (hardware_type, batch_size, axes) = test
        for needed, values in PARAMETERS[template][2]:
            own = {}
            for key, default in PARAMETERS[needed][0].items():
                if key in values:
                    if key in self.spec["axes"] or values[key] != default:
                        own[key] = values[key]
                elif key in self.spec["axes"]:
                    own[key] = dict(axes).get(key, self.spec["axes"][key][0])
            place = (values.get("hardware_type", hardware_type), values.get("batch_size", batch_size))
            target = (needed, (*place, tuple(sorted(own.items()))))
            if target != test:
                yield target

    def resolve(self):
        """Goes through all tests and what they need; takes out those that cannot be met, and says whether it did."""
        self.needed = {}
        waiting = list(self.tests)
        while waiting:
            test = waiting.pop()
            if test in self.needed:
                continue
            self.needed[test] = set(self.needs_of(test))
            waiting.extend(self.needed[test])
        lacking = {test for test in self.needed if self.left_out.get(test) or test in self.left_out.keys() - self.tests}
        bad = lacking | {test for test in self.needed if self.is_refused(test)}
        gone = set()
        while more := {test for test in self.needed if test not in gone and self.needed[test] & (bad | gone)}:
            gone |= more
        found = gone & self.tests
        self.tests -= found
        self.left_out.update({test: True for test in found})
        return bool(found)

    def before(self, test):
        """All that a test comes after."""
        template, (hardware_type, batch_size, axes) = test
        smaller = [t[1][1] for t in self.tests if (t[0], t[1][0], t[1][2]) == (template, hardware_type, axes) and t[1][1] < batch_size]
        chain = {(template, (hardware_type, max(smaller), axes))} if smaller and test in self.tests else set()
        return chain | self.needed[test]

    def case(self, test):
        template, (hardware_type, batch_size, axes) = test
        shown = "".join(f",{key}={quoted(value).strip(chr(34))}" for key, value in axes)
        return f"{self.model}/{hardware_type}/{template}[batch_size={batch_size}{shown}]"


def naive_tests(spec):
    """{case: (is_reference, cases that it comes after)} of all models."""
    found = {}
    for model in spec["models"]:
        plan = NaivePlan(spec, model)
        for test in plan.tests | plan.references:
            found[plan.case(test)] = (test in plan.references, {plan.case(each) for each in plan.before(test)})
    return found
