"""Whatever happens to the bytes of a sample: a checked export, or an error of the toolkit; nothing else, ever."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import toolkit
from mutate import TOKENS, mutant
from targets import TARGETS, checked, read, seeds

KEEP = 12_000  # bytes of a sample's file, so that changes hit what matters
FEW, MANY = 12, 600
SAMPLES = Path(__file__).parent.parent / "sample_exports"
WHOLE = ("json", "html", "csv", "dates")  # slower: a whole reading each time


def small() -> list[Path]:
    """The shortest file of each kind in each sample."""
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(SAMPLES.glob("*/**/*"), key=lambda path: (path.stat().st_size, path), reverse=True):
        if path.suffix in (".json", ".jsonl", ".csv", ".html"):
            found[path.relative_to(SAMPLES).parts[0], path.suffix] = path
    return sorted(found.values())


def changed(path: Path, times: int, chance: random.Random) -> None:
    sound, name = path.read_bytes()[:KEEP], path.relative_to(SAMPLES).as_posix()
    for _ in range(times):
        read(name.partition("/")[2], mutant(sound, chance))


@pytest.mark.parametrize("path", small(), ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_changed_bytes_of_a_sample_give_a_result_or_an_error_of_the_toolkit(path: Path) -> None:
    changed(path, FEW, random.Random(path.name))  # noqa: S311


@pytest.mark.long
@pytest.mark.parametrize("path", small(), ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_many_more_changes_of_a_sample_do_neither(path: Path) -> None:
    chance = random.SystemRandom()
    changed(path, MANY, chance)


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_fuzzed_stands_its_own_seeds_and_some_changes_of_them(target: str) -> None:
    chance, corpus = random.Random(target), list(seeds(target))  # noqa: S311
    assert corpus
    for data in (*corpus[:6], *(mutant(chance.choice(corpus), chance) for _ in range(20 if target in WHOLE else 500))):
        TARGETS[target](data)


@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_fuzzed_stands_many_changes(target: str) -> None:
    chance, corpus = random.SystemRandom(), list(seeds(target))
    for _ in range(2_000 if target in WHOLE else 100_000):
        TARGETS[target](mutant(chance.choice(corpus), chance))


def test_a_check_that_fails_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all of the above could be silent for another reason."""
    export = toolkit.load(SAMPLES / "amazon-alexa-csv-b")
    checked(export)
    with pytest.raises(AssertionError):
        checked(toolkit.Export(export.records.head(3), export.problems, export.files, None, None))
    assert len(TOKENS) == len(set(TOKENS))
