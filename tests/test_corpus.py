"""Every case of the corpus ends as it must: rows and problems or one clear error, in little memory, nobody killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import corpus
import toolkit
from corpus import CASES, ELSEWHERE, MEMORY, Case, Filled
from toolkit import worker
from toolkit.dashboard import views

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc")


class Child:
    """One process for all cases; whatever kills it is a failed case, and the next one gets a new process."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def answer(self, key: str) -> dict[str, Any]:
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-P", HERE / "corpus.py"],
                env={**_environment(), "PYTHONWARNINGS": "error"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(f"{key}\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            self.end()
            pytest.fail("the reading process died")
        return json.loads(line)  # type: ignore[no-any-return]

    def end(self) -> None:
        if self._child:
            self._child.kill()
            self._child.communicate()
        self._child = None


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent), *filter(None, sys.path)])}


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    one = Child()
    yield one
    one.end()


def marked(case: Case) -> Any:
    return pytest.param(case, id=f"{case.key} {case.what}", marks=[pytest.mark.long] if case.long else [])


@pytest.mark.parametrize("case", list(map(marked, CASES.values())))
def test_a_case_ends_as_it_must(child: Child, case: Case) -> None:
    answer = child.answer(case.key)

    assert (answer["error"], answer["rows"]) == (case.error, case.rows)
    if case.error:
        assert answer["advice"]
    else:
        assert answer["lost"] == 0
        assert answer["values"] == {name: list(values) for name, values in case.values.items()}
        assert [code for code in case.codes if not any(told.startswith(code) for told in answer["codes"])] == []
        assert answer["rows"] or answer["codes"]  # nothing at all is never the answer
    assert answer["peak"] < MEMORY


@pytest.mark.long
@pytest.mark.parametrize("case", list(map(marked, CASES.values())))
def test_a_case_leaves_the_page_alive_in_every_view(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "load", toolkit.load)
    monkeypatch.setenv("VOICE_HISTORY_PATHS", json.dumps(list(_written(case, tmp_path))))
    page = AppTest.from_file(str(HERE.parent / "app.py"), default_timeout=300).run()
    opened = "case" in page.session_state
    assert opened != bool(case.error)
    assert opened or page.error, "nothing was said"
    if opened and page.session_state["case"].unconfirmed:
        page.button("assume").click().run()
    for view in views.TITLES if opened else ():
        page.session_state["view"] = view
        assert not page.run().exception


def _written(case: Case, folder: Path) -> Iterator[str]:
    """Each source in a folder of its own: a name may come twice."""
    for number, (name, data) in enumerate(case.build().items()):
        if isinstance(data, Filled):
            pytest.skip("longer than a disk should hold for a test")
        place = folder / str(number)
        place.mkdir()
        (place / Path(name).name).write_bytes(data)
        yield str(place / Path(name).name)


def test_the_cases_are_all_of_the_reference_and_enough_of_our_own() -> None:
    numbers = {int("".join(filter(str.isdigit, key.partition("-")[0]))) for key in CASES}

    assert numbers | set(ELSEWHERE) >= set(range(1, 88))
    assert len(CASES) >= 120
    assert len({case.what for case in CASES.values()}) == len(CASES)


def test_a_filled_file_is_what_it_says() -> None:
    file, plain = Filled(b"head", b"x", 10, b"tail"), b"head" + b"x" * 10 + b"tail"

    assert file.read() == plain
    for start in range(19):
        for n in range(19):
            file.seek(start)
            assert file.read(n) == plain[start : start + n]
    assert file.seek(0, 2) == len(plain)


def test_a_process_that_dies_fails_its_case_and_no_other(child: Child) -> None:
    with pytest.raises(pytest.fail.Exception, match="died"):
        child.answer("no such case")

    assert child.answer("1")["error"] == corpus.CASES["1"].error
