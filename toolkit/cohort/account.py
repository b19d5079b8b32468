"""What is written once for a study: its settings and rules before the first person, its whole tables after the last."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from polars.io.plugins import register_io_source

from toolkit.cohort.store import Store, is_url
from toolkit.cohort.unit import RUNS, TABLES, Settings, finished, names
from toolkit.problems import PROBLEMS, ToolkitError
from toolkit.redact import PROBLEMS_PROFILE
from toolkit.version import VERSION
from toolkit.whole import put

ACCOUNT = "study.json"
_KEPT = [name for name, decision in PROBLEMS_PROFILE.items() if decision.share != "drop"]  # at both levels alike
WHOLE = ("problems.parquet", "runs.parquet")
_PROBLEMS = pl.Schema({"person": pl.String(), **{name: PROBLEMS[name] for name in _KEPT}})
_LARGEST = 4_096
_SECRET, _DISTINCT = 16, 8  # of 16 random bytes fewer differ once in a million million times
_AT_ONCE = 500  # persons whose small files are in memory together


def rule_files() -> dict[str, bytes]:
    """The toolkit's rules, file by file: every word and weight that a judgement rests on."""
    return dict(sorted(_below(files("toolkit.rules"), "")))


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _below(one, f"{prefix}{one.name}/")
        elif one.name.endswith(".toml"):
            yield f"{prefix}{one.name}", one.read_bytes()


def versions() -> dict[str, Any]:
    """Of everything a result depends on."""
    told = {name: hashlib.sha256(text).hexdigest() for name, text in rule_files().items()}
    return {"toolkit": VERSION, "polars": pl.__version__, "rules": told}


def version_line() -> str:
    """The same, short: what a row carries."""
    told = versions()
    rules = hashlib.sha256(json.dumps(told["rules"]).encode()).hexdigest()[:16]
    return f"toolkit {told['toolkit']}, rules {rules}, polars {told['polars']}"


def secret_of(out: str, given: bytes | None, make: bool = True) -> bytes:
    """The study's secret: the one that was given, else the one kept beside the study's folder, made at its first run.

    Args:
        out: The study's folder or URL.
        given: By the caller.
        make: Keep a new one if there is none; else it is forgotten.

    Raises:
        ToolkitError: None was given for a study at a URL, or the file cannot be read or written.
    """
    if given is not None:
        return given
    if is_url(out):
        raise ToolkitError("A study in an object store needs a secret of its own.", "Give one; see docs/cohort.md.")
    path = secret_file(out)
    try:
        return path.read_bytes()[:_LARGEST]
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ToolkitError(f"The study's secret cannot be read: {error.strerror}.", "Check its rights.") from None
    secret = os.urandom(2 * _SECRET)
    if make:
        put([secret], path)
    return secret


def secret_file(out: str) -> Path:
    """Where the secret of a study in a folder is kept if the caller keeps none: beside it, not in it."""
    folder = Path(out).absolute()
    return folder.with_name(f"{folder.name}.secret")


def derived(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose, from which the study's secret cannot be told.

    Raises:
        ToolkitError: The secret is too short to protect anything.
    """
    if len(secret) < _SECRET or len(set(secret)) < _DISTINCT:
        raise ToolkitError(
            f"The secret is shorter than {_SECRET} bytes, or hardly random.",
            "Take random bytes, not a word; see docs/cohort.md.",
        )
    return hmac.digest(secret, purpose.encode(), "sha256")


def pseudonym(secret: bytes, person: str) -> str:
    """What a person is called in the study: 64 bits, keyed; the same as long as the secret is."""
    return derived(secret, f"person:{person}")[:8].hex()


def begin(store: Store, settings: Settings, secret: bytes, redo: bool) -> None:
    """Write down what will hold for all, with the rules themselves; a study begun otherwise is left alone.

    Raises:
        ToolkitError: The place holds a study of another secret; or one made with other settings or versions, unless it
            is to be done again.
    """
    account = {
        "tool": f"voice-history-toolkit {VERSION}",
        "settings": _plain(settings),
        "versions": versions(),
        "secret_check": derived(secret, "check")[:8].hex(),
    }
    old = read(store)
    if old and old.get("secret_check") != account["secret_check"]:
        raise ToolkitError(
            "The place holds a study that was made with another secret.", "Choose another place, or give that secret."
        )
    changed = old and any(old.get(name) != account[name] for name in ("settings", "versions"))
    if changed and not redo:
        raise ToolkitError(
            "The study there was made with other settings, or another version of the toolkit, its rules or polars.",
            "Finish it with that version (study.json names it), choose another place, or have all of it done again.",
        )
    if not old or changed:
        for name, text in rule_files().items():
            store.put(f"rules/{name}", text)
        _write(store, account)


def _plain(settings: Settings) -> dict[str, Any]:
    told = asdict(settings)
    del told["versions"]  # stands beside them
    return told


def read(store: Store) -> dict[str, Any]:
    """The account of a study; empty if there is none.

    Raises:
        ToolkitError: There is a file of that name which is none.
    """
    data = store.get(ACCOUNT)
    try:
        account = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        account = None
    if not isinstance(account, dict):
        raise ToolkitError("The study's account, study.json, is damaged.", "Choose another place.")
    return account


def _write(store: Store, account: dict[str, Any]) -> None:
    store.put(ACCOUNT, (json.dumps(account, indent=1) + "\n").encode())


def everybody(store: Store) -> list[str]:
    """The pseudonyms of all whose marker is there, in order."""
    found = (name.removeprefix("runs/") for name in store.names("runs"))
    return sorted(name.removesuffix(".json") for name in found if name.endswith(".json") and not name.startswith("."))


def whole(store: Store) -> Counter[str]:
    """Write ``runs.parquet`` and ``problems.parquet`` from what there is of each person, and count their states."""
    persons, states = everybody(store), Counter[str]()

    def runs(some: Sequence[str]) -> pl.DataFrame:
        rows = [run for run in (finished(store, person) for person in some) if run]
        states.update(run.state for run in rows)
        return pl.DataFrame([msgspec.structs.asdict(run) for run in rows], schema=RUNS)

    def problems(some: Sequence[str]) -> pl.DataFrame:
        parts = [_problems(store, person) for person in some]
        return pl.concat([pl.DataFrame(schema=_PROBLEMS), *(part for part in parts if part is not None)])

    _stream(store, WHOLE[0], persons, problems, _PROBLEMS)
    _stream(store, WHOLE[1], persons, runs, RUNS)
    _write(store, {**read(store), "persons": dict(sorted(states.items()))})
    return states


def _stream(
    store: Store,
    name: str,
    persons: Sequence[str],
    of: Callable[[Sequence[str]], pl.DataFrame],
    schema: pl.Schema,
) -> None:
    def handed(*_: Any) -> Iterator[pl.DataFrame]:
        for at in range(0, len(persons), _AT_ONCE):
            yield of(persons[at : at + _AT_ONCE])

    with store.writing(name) as path:
        register_io_source(handed, schema=schema).sink_parquet(path, maintain_order=True)


def _problems(store: Store, person: str) -> pl.DataFrame | None:
    data = store.get(names(person)[TABLES.index("problems")])
    return None if data is None else pl.read_parquet(io.BytesIO(data)).select(pl.lit(person).alias("person"), *_KEPT)
