"""Apple: an archive of privacy.apple.com is recognised, and holds no Siri; the Apple Intelligence Report is read.

The archive. Siri is in none of it: Apple's own list of what it holds does not name it (HT208502), a reporter missed it
in 2018, and two public readers of 35 and of 11 of its files know no such file. Requests belong to a random identifier
of the device, not to the account. So its files are known by name and left out, and the user is told where Siri's
history can be deleted. The names of the files in other languages are not known. A ``Recording 1.wav`` below a folder
``Siri`` in public code is declared invented by its own script: no sound in such an archive becomes a record.

The report. Made on the device (Settings > Privacy & Security > Apple Intelligence Report; iOS 18.4, macOS 15.4). Known
from one public parser (iLEAPP, ``appleIntelligenceReport.py``, 2026-07), made from its author's own reports:

    {"modelRequests": [{"timestamp": 1767000000, "identifier": "...", "prompt": "...", "response": "...",
      "useCase": "GenerativeAssistant.knowledge", "model": "...", "clientIdentifier": "com.apple.siri"}],
     "privateCloudComputeRequests": [{"timestamp": 1767000000, "requestId": "...", ...}]}

Experimental. An entry is a request that came from Siri; those of other apps, and the log of the servers, are left out
and counted. Whether it was spoken or typed is not told, so every entry stays ``unknown`` and none counts as voice.
There is no sound and no device in it. How stable the keys are, and whether an ``identifier`` is unique, is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from toolkit.carve.batch import Batch
from toolkit.carve.json import Cutter
from toolkit.carve.streams import utf8
from toolkit.carve.typed import Decoder, Int, Record, parsed
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import Problem, cut_off

_SIRI = "com.apple.siri"
_TEMPLATE = re.compile(r'"(?:userPrompt|prompt)":\s{0,20}"((?:[^"\\]|\\.)*)"', re.DOTALL)
_MARKS = ("<image>", "<tool-call>", "<file>")  # stand where there is no text
_YEAR_9999 = 253_402_300_799


class Request(Record):
    """One call of a model."""

    timestamp: Int | float | None = None
    identifier: str | None = None
    prompt: str | None = None
    response: str | None = None
    useCase: str | None = None
    model: str | None = None
    clientIdentifier: str | None = None


class Node(Record):
    """One server."""

    nodeState: str | None = None


class CloudRequest(Record):
    """One call of Apple's servers."""

    timestamp: Int | float | None = None
    requestId: str | None = None
    pipelineKind: str | None = None
    pipelineParameters: str | None = None
    nodes: list[Node] | None = None


def read(document: Document, context: Context) -> Iterator[Loose]:
    """The requests of Siri; all others are counted as left out."""
    rows = kept = 0
    cut = False
    with document.open() as stream:
        decoder = Decoder(Request, context.limits)
        cutter = Cutter(utf8(stream, context.head, legacy=False), decoder, "modelRequests", context.limits)
        for batch in cutter.batches():
            loose = _loose(batch)
            rows += loose.frame.height + loose.left_out + len(loose.rejects)
            kept += loose.frame.height
            yield loose
        cut |= "cut_off" in cutter.notes
    with document.open() as stream:
        servers = Decoder(CloudRequest, context.limits)
        log = Cutter(utf8(stream, context.head, legacy=False), servers, "privateCloudComputeRequests", context.limits)
        for calls in log.batches():
            rejects = [(rows + row, code) for row, code in calls.rejects]
            yield Loose(pl.DataFrame(schema=_LOOSE), rejects=rejects, left_out=len(calls.records))
        cut |= "cut_off" in log.notes
    context.note = "spoken and typed requests are not told apart"
    context.problems.append(_spoken_or_typed(document.path, kept))
    if cut:
        context.problems.append(cut_off(document.path))


_LOOSE = {
    "source_row": pl.UInt32,
    "timestamp": pl.Float64,
    **dict.fromkeys(("time_text", "transcript", "response", "intent", "utterance_id", "extra"), pl.String),
}


def _loose(batch: Batch[Request]) -> Loose:
    siri = [at for at, one in enumerate(batch.records) if _SIRI in (one.clientIdentifier or "")]
    found = [_row(batch.records[at], batch.rows[at], batch.leftovers.get(at)) for at in siri]
    frame = pl.DataFrame(found, schema=_LOOSE, orient="row")
    # Zero stands for no time; what no calendar holds becomes the year 9999, which `conform` calls impossible.
    micros = (pl.col("timestamp").replace(0, None).clip(-_YEAR_9999, _YEAR_9999) * 1e6).cast(pl.Int64)
    frame = frame.with_columns(
        time=pl.from_epoch(micros, time_unit="us").dt.replace_time_zone("UTC"),
        time_basis=pl.when(micros.is_null()).then(pl.lit("none")).otherwise(pl.lit("utc")),
    ).drop("timestamp")
    rows = set(frame["source_row"])
    faults = [(row, code) for row, code in batch.faults if row in rows]
    return Loose(frame, faults, batch.rejects, len(batch.records) - len(found))


def _row(one: Request, row: int, leftover: str | None) -> tuple[object, ...]:
    said, answered = _prompt(one.prompt), _response(one.response)
    raw = {
        "prompt": one.prompt if said != one.prompt else None,
        "response": one.response if answered != one.response else None,
        "model": one.model,
        "clientIdentifier": one.clientIdentifier,
    }
    kept = {name: value for name, value in raw.items() if value}
    for name, value in json.loads("{" + (leftover or "") + "}").items():
        kept[f"{name} (rest)" if name in Request.__struct_fields__ else name] = value
    text = None if one.timestamp is None else str(one.timestamp)
    extra = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return row, one.timestamp, text, said, answered, one.useCase or None, one.identifier or None, extra


def _prompt(text: str | None) -> str | None:
    """What was asked, where the report holds it in a form that is known."""
    plain = (text or "").strip()
    if plain.startswith("PromptTemplateInfo("):
        found = _TEMPLATE.search(plain)
        return _lines(found[1].replace('\\"', '"').replace("\\n", "\n")) if found else None
    inner = _object(plain.partition("<n>")[0]).get("prompt")
    return _lines(inner if isinstance(inner, str) else plain)


def _response(text: str | None) -> str | None:
    plain = (text or "").strip()
    inner = _object(plain.removeprefix("<file>").strip())
    told = next((inner[name] for name in ("content", "body", "summary") if inner.get(name)), None)
    return _lines(told if isinstance(told, str) else plain)


def _object(text: str) -> dict[str, Any]:
    found = parsed(text) if text.startswith("{") else None
    return found if isinstance(found, dict) else {}


def _lines(text: str) -> str | None:
    """With line ends for the report's own mark; None where nothing but a mark stands in place of a text."""
    return None if text in ("", *_MARKS) else text.replace("<n>", "\n")


def _spoken_or_typed(path: str, entries: int) -> Problem:
    return Problem(
        "note",
        "spoken_or_typed_unknown",
        f"Requests to Siri in this report: {entries:,}. It does not say which were spoken and which were typed, and it"
        " holds no sound. None of them counts as voice.",
        "It covers the requests that Apple Intelligence handled on this one device, not the history of Siri.",
        path,
    )


_ANSWER = Problem(
    "note",
    "siri_not_in_archive",
    "This is an Apple privacy archive. Apple does not include Siri requests in it, neither of an iPhone nor of a"
    " HomePod: they belong to a random identifier of the device, not to your Apple Account (Apple, HT208502, HT210657;"
    " checked 2026-11-23). That none are here does not mean that none are kept.",
    "To delete them, on each device: Settings > Siri & Search > Siri & Dictation History > Delete. The settings of a"
    " HomePod are in the Home app; what can be deleted there was not found in writing. What was already sampled to"
    " improve Siri stays. Formal requests: apple.com/legal/privacy/contact. (Press and public reports, checked"
    " 2026-11-23.)",
)
_NAMES = (
    r"Apple ID (?:Account|Device|SignOn) Information\.csv",
    r"Data & Privacy Request History\.csv",
    r"Apple Music Play Activity\.csv",
    r"Apps And Service Analytics\.csv",
    r"App Store Click Activity\.csv",
    r"iCloudUsageData Set[^/]*\.csv",
    r"Apple Features Using iCloud/Mail/Recents\.xml",
    r"Wi-Fi/KnownNetworks\.xml",
)

ROUTES = (
    Route(
        format="apple_archive",
        vendor="apple",
        product="siri",
        path=re.compile(rf"(?:^|/)(?:{'|'.join(_NAMES)})$", re.IGNORECASE),
        head=None,
        read=None,
        about="part of an Apple privacy archive, which holds no Siri requests (iPhone, HomePod)",
        support=Support(
            evidence="stated by the maker, and by press and public code: Siri is not in the archive",
            audio="none: no request of Siri is in it",
            accidental="none",
            device="none: requests belong to a random identifier of the device",
            unknown="any way to get one's Siri history; how long it is kept today; file names in other languages",
        ),
        answer=_ANSWER,
    ),
    Route(
        format="apple_intelligence_report",
        vendor="apple",
        product="apple_intelligence",
        path=re.compile(r"\.json$", re.IGNORECASE),
        head=re.compile(
            rb'\A(?:\xef\xbb\xbf)?\s*\{.*"(?:modelRequests|privateCloudComputeRequests)"\s*:\s*\[', re.DOTALL
        ),
        read=read,
        about="Apple Intelligence Report, exported on the device (experimental)",
        support=Support(
            evidence="read in public code of 2026: one parser, made from its author's own reports",
            audio="none",
            accidental="none",
            device="not stated: the report is of the device that made it",
            unknown="which requests were spoken; how stable the keys are; whether ids are unique",
        ),
        sample="apple",
    ),
)
