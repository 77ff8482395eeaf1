"""The coordinator's client from Python, against a real socket."""

from __future__ import annotations

import pytest
from stand_in import CoordinatorStandIn, answer

from testloom import CoordinatorClient, CoordinatorError, TestGeneratorIntegration, UsageError

TEST = {
    "test_id": "0190-a",
    "model_name": "größe\n",
    "model_family": "vision",
    "hardware_type": "cuda",
    "batch_size": 4,
    "test_content": "def test_a():\n    pass\n",
    "test_type": "generated",
    "priority": 4,
    "requirements": {"hardware_type": "cuda", "min_memory_gb": 2.5, "test_timeout_seconds": 600},
    "dependencies": ["0190-b"],
}


def test_the_bytes_on_the_wire():
    with CoordinatorStandIn() as coordinator:
        client = CoordinatorClient(coordinator.url, api_key="s3cret")
        assert client.submit_task(TEST) == {"success": True, "task_id": "task-1"}
    (request,) = coordinator.requests
    body = (
        b'{"type": "generated_test", "priority": 4, "config": {"test_id": "0190-a", '
        b'"model_name": "gr\\u00f6\\u00dfe\\n", "model_family": "vision", "hardware_type": "cuda", '
        b'"batch_size": 4, "test_content": "def test_a():\\n    pass\\n", "dependencies": ["0190-b"]}, '
        b'"requirements": {"hardware_type": "cuda", "min_memory_gb": 2.5, "test_timeout_seconds": 600}}'
    )
    assert request.body == body
    assert request.line == "POST /api/tasks HTTP/1.1"
    assert request.headers == {
        "Host": coordinator.url.removeprefix("http://"),
        "User-Agent": "testloom",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "X-API-Key": "s3cret",
        "Content-Length": str(len(body)),
    }


def test_what_a_test_may_leave_out():
    test = {
        name: TEST[name] for name in ("test_id", "model_name", "hardware_type", "batch_size", "test_content")
    }
    with CoordinatorStandIn() as coordinator:
        assert CoordinatorClient(coordinator.url + "/").submit_task(test)["success"] is True
    (request,) = coordinator.requests
    assert "X-API-Key" not in request.headers
    assert request.json["config"]["dependencies"] == []
    assert request.json["config"]["model_family"] == "unknown"
    assert (request.json["priority"], request.json["requirements"]) == (5, {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"test_id": None}, "the test lacks test_id"),
        ({"batch_size": "four"}, "batch size 'four' is not a whole number"),
        ({"priority": 2**40}, "priority is too large"),
        ({"model_name": "\udcff"}, "model_name is not UTF-8"),
        ({"dependencies": "0190-b"}, "dependencies are not a list"),
        ({"requirements": {"min_memory_gb": float("nan")}}, "requirements cannot be written as JSON"),
        ({"requirements": [1]}, "requirements is not a dict"),
    ],
)
def test_what_is_no_test_is_refused(change, message):
    with CoordinatorStandIn() as coordinator:
        with pytest.raises(UsageError, match=message):
            CoordinatorClient(coordinator.url).submit_task({**TEST, **change})
    assert coordinator.requests == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer("500 Oops", {"error": "disk full"}), "an error (500): 'disk full'"),
        (answer("401 No", b"s3cret is unknown"), "an error (401): '*** is unknown'; check the API key"),
        (answer("200 OK", b"<html>"), "is not a JSON object: '<html>'"),
        (answer("200 OK", {"success": False, "error": "queue full"}), "did not take the test: 'queue full'"),
        (answer("200 OK", {}), "has no task_id: '{}'"),
        (None, "broke off before the answer was complete"),
    ],
)
def test_a_coordinator_that_fails(reply, error):
    with CoordinatorStandIn(reply=lambda request, number: reply) as coordinator:
        said = CoordinatorClient(coordinator.url, "s3cret").submit_task(TEST)
    assert set(said) == {"success", "error"}
    assert said["success"] is False
    assert error in said["error"] and coordinator.url in said["error"]
    assert "s3cret" not in said["error"]


def test_a_slow_coordinator():
    with CoordinatorStandIn() as coordinator:
        hold = coordinator.hold()
        said = CoordinatorClient(coordinator.url, timeout_seconds=0.2).submit_task(TEST)
        hold.set()
    assert said["success"] is False
    assert "no complete answer within 0.2 seconds" in said["error"]


def test_a_coordinator_that_is_down():
    with CoordinatorStandIn() as coordinator:
        url = coordinator.url
    said = CoordinatorClient(url).submit_task(TEST)
    assert said["success"] is False
    assert said["error"].startswith(f"{url}/api/tasks: cannot connect: Connection refused; check that")


def test_a_task_is_asked_for():
    task = {"id": "a/b", "status": "queued", "position": 3}
    with CoordinatorStandIn(reply=lambda request, number: answer("200 OK", task)) as coordinator:
        assert CoordinatorClient(coordinator.url, "s3cret").get_task("a/b ü") == task
    (request,) = coordinator.requests
    assert request.line == "GET /api/tasks/a%2Fb%20%C3%BC HTTP/1.1"
    assert request.headers["X-API-Key"] == "s3cret"
    assert request.body == b""


def test_a_task_that_cannot_be_had():
    with CoordinatorStandIn(
        reply=lambda request, number: answer("404 No", {"error": "no such task"})
    ) as coordinator:
        with pytest.raises(CoordinatorError, match="no such task") as caught:
            CoordinatorClient(coordinator.url).get_task(7)
    assert caught.value.kind == "coordinator"
    assert coordinator.requests[0].line == "GET /api/tasks/7 HTTP/1.1"


@pytest.mark.parametrize(
    "url", ["", "localhost:8080", "ftp://h", "http://h/\r\nX: 1", "http://h?a=b", None, "\udcff"]
)
def test_a_bad_url_is_refused(url, tmp_path):
    with pytest.raises(UsageError):
        CoordinatorClient(url)
    if url is not None:
        with pytest.raises(UsageError):
            TestGeneratorIntegration(tmp_path / "t.duckdb", coordinator_url=url)
        assert not (tmp_path / "t.duckdb").exists()


@pytest.mark.parametrize("key", ["s3cret\n", "s3cret\r\nX: 1", "s3crét", b"s3cret"])
def test_a_bad_key_is_refused_and_not_shown(key):
    with pytest.raises(UsageError) as caught:
        CoordinatorClient("http://127.0.0.1:1", key)
    assert "s3cr" not in str(caught.value)


def test_a_generator_submits_to_a_url(tmp_path):
    with CoordinatorStandIn() as coordinator:
        with TestGeneratorIntegration(tmp_path / "t.duckdb", coordinator.url) as generator:
            generator.add_template("t", "vision", "def test_a():\n    return {'batch_size': ${batch_size}}\n")
            generator.add_model_mapping("m", "vision")
            success, tests = generator.generate_and_submit_tests("m")
            assert success is True
            assert [each.task_id for each in generator.submissions] == ["task-1", "task-2"]
    assert [request.json["config"]["test_id"] for request in coordinator.requests] == [
        test["test_id"] for test in tests
    ]
    assert [request.json["config"]["dependencies"] for request in coordinator.requests] == [
        [],
        [tests[0]["test_id"]],
    ]
    assert [request.json["requirements"] for request in coordinator.requests] == [
        test["requirements"] for test in tests
    ]
