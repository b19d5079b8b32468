"""Writes a cohort: as many invented donors as wanted, each with exports of one or two makers, and their manifest.

    python sample_exports/cohort.py --people 1000 --out DIR

Some downloads overlap, some are donated by two people, some are broken or missing, some donors did not consent or have
withdrawn: about as many of each as a study has to reckon with, which is not measured. The same seed writes the same
bytes. ``truth.json`` beside the manifest says of everybody what was written.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import alexa
import elsewhere
import takeout
from dice import Dice
from takeout import ASSISTANT
from takeout_files import write_html, write_json

HEADER = ("person", "sources", "timezone", "language", "consent", "withdrawn")
MAKERS = (("rvh", 40), ("csv", 20), ("google_json", 22), ("google_html", 10), ("microsoft", 4), ("two", 4))
FAULTS = (  # in shares of 200; what is left is sound
    ("cut_off", 2),
    ("no_archive", 2),
    ("missing", 1),
    ("overlapping", 8),
    ("of_another", 4),
    ("no_consent", 2),
    ("withdrawn", 2),
)
_OLDEST = (1980, 1, 1, 0, 0, 0)  # in zip files, so that they are the same every time
_SOUND = ("", "overlapping", "of_another", "no_consent", "withdrawn")


class Donor(NamedTuple):
    """One person of the cohort.

    Attributes:
        person: As the study calls them.
        files: Path below the cohort's folder -> its bytes; None for a file that is named and not there.
        makers: Of which the exports are.
        fault: One of `FAULTS`, or empty.
        rows: Voice entries in the files, read twice where files overlap; None if they cannot be read.
    """

    person: str
    files: dict[str, bytes | None]
    makers: tuple[str, ...]
    fault: str
    rows: int | None


def donors(people: int, rows: int = 200, seed: int = 1) -> Iterator[Donor]:
    """The cohort, one person after the other.

    Args:
        people: How many.
        rows: Entries of an export, about; each has between a quarter and four times as many.
        seed: Another one, another cohort.
    """
    last: Donor | None = None
    for number in range(1, people + 1):
        dice = Dice(seed * 1_000_003 + number)
        maker, fault = _dealt(dice, MAKERS, 100), _dealt(dice, FAULTS, 200)
        if fault == "of_another" and last and last.files and last.rows is not None:
            yield last._replace(person=f"donor-{number:07}", fault=fault)
            continue
        fault = "" if fault == "of_another" else fault
        donor = _donor(f"donor-{number:07}", maker, fault, rows, dice)
        last = donor if fault == "" else last
        yield donor


def _dealt(dice: Dice, shares: tuple[tuple[str, int], ...], of: int) -> str:
    at = dice.roll() * of
    for name, share in shares:
        at -= share
        if at < 0:
            return name
    return ""


def _donor(person: str, maker: str, fault: str, rows: int, dice: Dice) -> Donor:
    makers = ("rvh", "google_json") if maker == "two" else (maker,)
    files: dict[str, bytes | None] = {}
    written = 0
    for one in makers:
        count = max(5, int(rows * 2 ** (4 * dice.roll() - 2)))
        data, done = _WRITERS[one](count, dice)
        files[f"exports/{person}/{one}.zip"] = data
        written += done
    first = next(iter(files))
    if fault == "overlapping":  # the same download again, under another name
        files[first.replace(".zip", "-2.zip")] = files[first]
        written += written if len(makers) == 1 else 0
    if fault == "cut_off":
        files = {path: data and data[: len(data) // 3] for path, data in files.items()}
    elif fault == "no_archive":
        files = dict.fromkeys(files, b"this is no archive\n" * 100)
    elif fault == "missing":
        files = dict.fromkeys(files)
    known = fault in _SOUND and not (fault == "overlapping" and len(makers) > 1)
    return Donor(person, files, makers, fault, written if known else None)


def _seed(dice: Dice) -> int:
    return dice.between(1, 1 << 40)


def _rvh(count: int, dice: Dice) -> tuple[bytes, int]:
    stream = io.BytesIO()
    alexa.write_rvh(list(alexa.events(count, _seed(dice)))[::-1], stream)
    return _zip({"history.json": stream.getvalue()}), count


def _csv(count: int, dice: Dice) -> tuple[bytes, int]:
    stream = io.BytesIO()
    spoken = list(alexa.spoken(alexa.events(count, _seed(dice))))
    alexa.write_csv(spoken, stream, "B")
    path = "Alexa_2/Audio and Transcription/recognitionData-1-1.csv"
    return _zip({path: stream.getvalue()}), len(spoken)


def _google(write: Callable[..., int], ending: str, locale: str) -> Callable[[int, Dice], tuple[bytes, int]]:
    def written(count: int, dice: Dice) -> tuple[bytes, int]:
        account = takeout.Account(locale)
        language = "de-DE" if locale == "de" else "en-GB"
        every = takeout.events(count, _seed(dice), language)
        rows = list(islice((one for one in every if ASSISTANT in one.products), count))
        stream = io.BytesIO()
        write(rows, stream, account, ASSISTANT, oldest_first=True)
        words = account.words
        path = f"Takeout/{words['folder']}/{words['products'][ASSISTANT]}/{words['file']}.{ending}"
        return _zip({path: stream.getvalue()}), len(rows)

    return written


def _microsoft(count: int, dice: Dice) -> tuple[bytes, int]:
    moments = elsewhere.times(dice, datetime(2019, 1, 7, 6, tzinfo=UTC), count, 10)
    lines = [
        elsewhere.speech_row(moment, "g:6900000000000001", "Cortana", "Desktop", dice.pick(elsewhere.SAID))
        for moment in reversed(moments)
    ]
    header = "DateTime,DeviceId,Application,DeviceType,DisplayText\r\n"
    return _zip({"InkingTypingAndSpeechUtterance.csv": (header + "".join(lines)).encode()}), len(moments)


_WRITERS: dict[str, Callable[[int, Dice], tuple[bytes, int]]] = {
    "rvh": _rvh,
    "csv": _csv,
    "google_json": _google(write_json, "json", "en-US"),
    "google_html": _google(write_html, "html", "de"),
    "microsoft": _microsoft,
}


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, _OLDEST), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def write(out: Path, people: int, rows: int = 200, seed: int = 1) -> list[dict[str, Any]]:
    """Write the exports, ``manifest.csv`` and ``truth.json``.

    Args:
        out: The folder; made if it is not there.
        people: See `donors`.
        rows: See `donors`.
        seed: See `donors`.

    Returns:
        What is true of each donor: ``person``, ``makers``, ``fault``, ``rows``.
    """
    truth = []
    out.mkdir(parents=True, exist_ok=True)
    with (out / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        manifest = csv.writer(stream)
        manifest.writerow(HEADER)
        for number, donor in enumerate(donors(people, rows, seed)):
            _put(out, donor.files)
            manifest.writerow(_row(donor, number))
            truth.append({"person": donor.person, "makers": donor.makers, "fault": donor.fault, "rows": donor.rows})
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", "utf-8")
    return truth


def _put(out: Path, files: dict[str, bytes | None]) -> None:
    for path, data in files.items():
        if data is not None:
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(data)


def _row(donor: Donor, number: int) -> tuple[str, ...]:
    consent = "no" if donor.fault == "no_consent" else ("texts", "share")[number % 2]
    language = "de" if "google_html" in donor.makers else "en"
    withdrawn = "yes" if donor.fault == "withdrawn" else ""
    return (donor.person, ";".join(donor.files), "Europe/Berlin", language, consent, withdrawn)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=100, help="how many donors (default: 100)")
    parser.add_argument("--rows", type=int, default=200, help="entries of an export, about (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="another one, another cohort (default: 1)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    options = parser.parse_args(arguments)
    truth = write(options.out, options.people, options.rows, options.seed)
    print(f"{len(truth):,} donors, {sum(one['rows'] or 0 for one in truth):,} entries that can be read")


if __name__ == "__main__":
    main()
