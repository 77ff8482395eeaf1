"""The blocks of docs/original-interface.md, run as they stand there; the names that they import; and stores made
by the original code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from original_command_line import SMALL_TEMPLATE, bash
from stand_in import CoordinatorStandIn

import testloom

ROOT = Path(__file__).resolve().parents[2]
VISION_TEMPLATE = """\
# Test for ${model_name} on ${hardware_type} with batch size ${batch_size}
import torch
from transformers import AutoImageProcessor, AutoModel

def test_${model_family}_${hardware_type}():
    model_name = "${model_name}"
    device = "${hardware_type}"
    size = AutoImageProcessor.from_pretrained(model_name).size
    model = AutoModel.from_pretrained(model_name).to(device)
    images = torch.zeros(${batch_size}, 3, size["height"], size["width"], device=device)
    with torch.no_grad():
        outputs = model(pixel_values=images)
    return {"embedding_shape": list(outputs.last_hidden_state.shape), "success": True}
"""


@dataclass
class Block:
    heading: str
    language: str
    text: str


def blocks() -> list[Block]:
    """Every fenced block of the document with the heading it stands under."""
    found = []
    heading = ""
    lines = iter((ROOT / "docs/original-interface.md").read_text().splitlines())
    for line in lines:
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("```"):
            body = []
            while (inner := next(lines)) != "```":
                body.append(inner)
            found.append(Block(heading, line[3:], "\n".join(body) + "\n"))
    return found


def block(heading: str, language: str) -> str:
    """The text of the one block of this language under a heading."""
    (only,) = [each.text for each in blocks() if (each.heading, each.language) == (heading, language)]
    return only


def calls_us(each: Block) -> bool:
    return each.language == "bash" and bool(re.search(r"^python -m (duckdb_api|pytest)\b", each.text, re.M))


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> dict[str, str]:
    """What each block that calls us printed, run in order in one folder that holds the two template files."""
    folder = tmp_path_factory.mktemp("session")
    (folder / "templates").mkdir()
    (folder / "templates/text_embedding.py").write_text(
        block("Example Template for Text Embedding Models", "python")
    )
    (folder / "templates/vision.py").write_text(VISION_TEMPLATE)
    printed = {}
    for each in filter(calls_us, blocks()):
        done = bash(folder, each.text)
        assert done.returncode == 0, f"{each.heading}\n{done.stdout}\n{done.stderr}"
        printed[each.heading] = done.stdout
    with CoordinatorStandIn(8080) as coordinator:
        (folder / "submit.py").write_text(block("Integration with Coordinator", "python"))
        done = bash(folder, "python submit.py")
    assert done.returncode == 0, done.stderr
    printed["Integration with Coordinator"] = done.stdout
    printed["requests"] = "\n".join(request.line for request in coordinator.requests)
    printed["bodies"] = json.dumps([request.json for request in coordinator.requests])
    return printed


def test_every_block_was_run(session):
    assert set(session) == {
        "Template Database Initialization",
        "Adding Templates",
        "Adding Model Mappings",
        "Generating Tests",
        "Listing Templates",
        "Testing",
        "Integration with Coordinator",
        "requests",
        "bodies",
    }


def test_adding_templates(session):
    assert session["Template Database Initialization"] == "Added template with ID 1\n"
    assert session["Adding Templates"] == "Added template with ID 1\nAdded template with ID 2\n"


def test_adding_mappings(session):
    assert session["Adding Model Mappings"] == "Added mapping for bert-base-uncased to text_embedding\n"


def test_generating_tests(session):
    assert session["Generating Tests"] == (
        "Generated 4 tests\n"
        "Test 1: bert-base-uncased on cpu with batch size 1\n"
        "Test 2: bert-base-uncased on cpu with batch size 4\n"
        "Test 3: bert-base-uncased on cuda with batch size 1\n"
        "Test 4: bert-base-uncased on cuda with batch size 4\n"
    )


def test_listing_templates(session):
    assert session["Listing Templates"] == (
        "Found 2 templates:\n"
        "ID: 1, Name: text_embedding_template, Family: text_embedding, Hardware: any\n"
        "ID: 2, Name: vision_template, Family: vision, Hardware: cuda\n"
    )


def test_the_tests_of_the_interface_run_in_an_empty_folder(session):
    lines = session["Testing"].splitlines()
    assert re.fullmatch(r"=+ \d+ passed(, 1 warning)? in .* =+", lines[-1]), lines[-1]
    named = [line for line in lines if "test_template_generator.py::test_priority[" in line]
    assert named and all(" PASSED" in line for line in named)


def test_the_python_block(session):
    assert session["Integration with Coordinator"] == "Generated and submitted 12 tests\n"
    assert session["requests"].splitlines() == ["POST /api/tasks HTTP/1.1"] * 12
    bodies = json.loads(session["bodies"])
    cells = [(body["config"]["hardware_type"], body["config"]["batch_size"]) for body in bodies]
    assert cells == [(hardware, size) for hardware in ("cpu", "cuda", "rocm") for size in (1, 4, 8, 16)]
    sent: set[str] = set()
    for body in bodies:
        assert list(body) == ["type", "priority", "config", "requirements"]
        assert body["type"] == "generated_test"
        config = body["config"]
        assert set(config["dependencies"]) <= sent
        assert len(config["dependencies"]) == (0 if config["batch_size"] == 1 else 1)
        assert f'model_name = "{config["model_name"]}"' in config["test_content"]
        assert f"def test_text_embedding_{config['hardware_type']}():" in config["test_content"]
        assert body["requirements"]["hardware_type"] == config["hardware_type"]
        assert body["requirements"]["test_timeout_seconds"] == 600
        sent.add(config["test_id"])
    assert len(sent) == 12


@pytest.mark.parametrize("selection", ["", "::test_a_store_starts_without_templates"])
def test_pytest_finds_the_installed_tests_from_any_folder(tmp_path, selection):
    path = "duckdb_api/distributed_testing/test_template_generator.py" + selection
    done = bash(tmp_path, f"python -m pytest -q --collect-only -p no:cacheprovider {path}")
    assert done.returncode == 0, done.stdout + done.stderr
    count = int(re.search(r"(\d+) tests? collected", done.stdout).group(1))
    assert count == 1 if selection else count > 50
    assert list(tmp_path.iterdir()) == []


def test_pytest_prefers_a_file_of_the_current_folder(tmp_path):
    own = tmp_path / "duckdb_api/distributed_testing/test_template_generator.py"
    own.parent.mkdir(parents=True)
    own.write_text("def test_own():\n    pass\n")
    done = bash(tmp_path, f"python -m pytest -q -p no:cacheprovider {own.relative_to(tmp_path)}")
    assert "1 passed" in done.stdout


def test_pytest_says_that_a_file_is_nowhere(tmp_path):
    done = bash(tmp_path, "python -m pytest -q duckdb_api/test_nothing.py")
    assert done.returncode == 4
    assert "file or directory not found: duckdb_api/test_nothing.py" in done.stderr


def test_the_names_are_the_same_everywhere(tmp_path):
    text = (
        "import testloom, test_generator_integration as a, coordinator_client as b\n"
        "import duckdb_api.distributed_testing.test_generator_integration as c\n"
        "import duckdb_api.distributed_testing.coordinator_client as d\n"
        "assert testloom.TestGeneratorIntegration is a.TestGeneratorIntegration is c.TestGeneratorIntegration\n"
        "assert testloom.CoordinatorClient is b.CoordinatorClient is d.CoordinatorClient\n"
        "assert all(hasattr(testloom, name) for name in testloom.__all__)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


ORIGINAL_STORE = """
import duckdb
store = duckdb.connect("t.duckdb")
store.execute('''CREATE TABLE templates (
    template_id INTEGER PRIMARY KEY, template_name VARCHAR, model_family VARCHAR, hardware_type VARCHAR,
    content TEXT, description VARCHAR, created_at VARCHAR, updated_at VARCHAR, version INTEGER)''')
store.execute('''CREATE TABLE model_mapping (
    mapping_id INTEGER PRIMARY KEY, model_name VARCHAR, model_family VARCHAR, template_id INTEGER,
    description VARCHAR, FOREIGN KEY (template_id) REFERENCES templates(template_id))''')
date = "2024-05-06T07:08:09.123456"
content = open("small.py").read()
store.execute("INSERT INTO templates VALUES (3, 'old', 'vision', NULL, ?, 'first', ?, ?, 2)", [content, date, date])
store.execute("INSERT INTO templates VALUES (5, 'cuda', 'vision', 'cuda', ?, NULL, ?, ?, 1)", [content, date, date])
store.execute("INSERT INTO model_mapping VALUES (1, 'm', 'vision', 3, 'mapped')")
store.execute("INSERT INTO model_mapping VALUES (2, 'n', 'vision', NULL, NULL)")
store.close()
"""

READ_COPY = """
import duckdb
import sys
store = duckdb.connect(sys.argv[1], read_only=True)
print(store.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall())
print(store.execute("SELECT template_id, version FROM templates ORDER BY 1").fetchall())
"""


def test_a_store_of_the_original_code_is_upgraded(tmp_path):
    (tmp_path / "small.py").write_text(SMALL_TEMPLATE)
    subprocess.run([sys.executable, "-c", ORIGINAL_STORE], cwd=tmp_path, check=True)
    before = (tmp_path / "t.duckdb").read_bytes()
    with testloom.TestGeneratorIntegration(tmp_path / "t.duckdb") as generator:
        assert generator.get_template_by_id(3) == {
            "template_id": 3,
            "template_name": "old",
            "model_family": "vision",
            "hardware_type": None,
            "content": SMALL_TEMPLATE,
            "description": "first",
            "created_at": "2024-05-06T07:08:09.123456",
            "updated_at": "2024-05-06T07:08:09.123456",
            "version": 2,
        }
        assert generator.get_mapping_by_model("m") == {
            "mapping_id": 1,
            "model_name": "m",
            "model_family": "vision",
            "template_id": 3,
            "description": "mapped",
        }
        success, tests = generator.generate_and_submit_tests("m", ["cpu", "cuda"], [1])
        assert (success, len(tests)) == (True, 2)
        success, tests = generator.generate_and_submit_tests("n", ["cpu", "cuda"], [1])
        assert (success, len(tests)) == (True, 3)
        # What the original's foreign key forbade: changing a mapped model, and a template it refers to.
        assert generator.add_template("old", "vision", SMALL_TEMPLATE + "\n") == 3
        assert generator.get_template_by_id(3)["version"] == 3
        generator.add_model_mapping("m", "vision", 5)
        assert generator.get_mapping_by_model("m")["template_id"] == 5
        assert generator.add_template("new", "vision", SMALL_TEMPLATE) == 6
    (copy,) = (path for path in tmp_path.iterdir() if path.name.startswith("t.duckdb."))
    assert copy.read_bytes() == before
    done = subprocess.run(
        [sys.executable, "-c", READ_COPY, copy], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "[('model_mapping',), ('templates',)]\n[(3, 2), (5, 1)]\n"
    with testloom.TestGeneratorIntegration(tmp_path / "t.duckdb") as generator:
        assert len(generator.list_templates()) == 3
    assert len(list(tmp_path.glob("t.duckdb.*"))) == 1
