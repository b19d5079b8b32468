"""Microsoft's privacy dashboard, "Download your data": the speech table of Cortana, which ended on 2020-10-30.

Known from public code of the service that writes it, and its unit tests; its release status is not known, no user's
export was seen, and whether any live dashboard still produces the file is not known either. Six tables lie beside it;
a table without rows is not written. Rows, newest first, as in this invented one:

    "5/6/2019 7:08:09 PM +00:00",,Cortana,Desktop,turn the music down

A line is a record: line ends in a text were replaced by blanks. The writer wraps a field in quotation marks if it holds
one (and doubles those inside), and again, without doubling, if it holds a comma, a slash or a line end. So a text with
both is wrapped twice, which no CSV reader undoes. The text is the last column: four fields are read from the left, the
rest of the line is the text, and `unwrapped` undoes the writer's rule exactly. Rows wrapped twice carry a fault.

Clips are named ``audio-001-<id>.mp4``; the number counts only clips that exist, and no row names one. An id that ends
in ``,<ticks>`` (100 ns since 0001-01-01 UTC) names the second; a clip is joined where exactly one row and one clip have
that second. Not known: the date's form in other languages, whether inked and typed text is in the table, encodings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl

from toolkit.carve import lines
from toolkit.carve.streams import is_assumed, utf8
from toolkit.parsers.route import Context, Document, Loose, Route, Support
from toolkit.problems import Problem, encoding_assumed

HEADER = "DateTime,DeviceId,Application,DeviceType,DisplayText"
LAST_DAY = datetime(2020, 10, 30, tzinfo=UTC)
_AFTER = LAST_DAY + timedelta(days=2)  # the day is past in every zone
_FIELD = r'("(?:[^"]|"")*"|[^",]*)'
_LINE = rf"^{_FIELD},{_FIELD},{_FIELD},{_FIELD},(.*)$"
_FIRST = rf"^{_FIELD}(?:,(.*))?$"
_DATE = r"^\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M [+-]\d\d:\d\d$"
_ODD_SPACES = "[\u00a0\u2007\u2009\u202f]"
_CLIP = re.compile(r"(?:^|/)InkingTypingAndSpeechUtterance/audio-\d{3,}-([^/]*)\.mp4$", re.IGNORECASE)
_TICKS = re.compile(r",(\d{18})$")
_TICKS_1970 = 621_355_968_000_000_000
Names = dict[datetime, str]


def read(document: Document, context: Context) -> Iterator[Loose]:
    """All rows of the speech table."""
    # Of one name there may be two, where a download was given twice or copies of it overlap.
    clips = list({path.rpartition("/")[2]: path for path in context.clips if _CLIP.search(path)}.values())
    names = _by_second(clips)
    if names:
        names = _told_apart(names, document, context)
    rows = linked = late = doubtful = 0
    for batch in _batches(document, context):
        loose = _loose(batch, names)
        rows += loose.frame.height
        linked += loose.frame["audio_files"].count()
        late += loose.frame.filter(pl.col("time") >= _AFTER).height
        doubtful += loose.frame.filter(pl.col("time_text").str.contains(r"^(?:1[3-9]|[23]\d)/")).height
        yield loose
    context.note = _clips_told(len(clips), rows, linked)
    context.problems += _problems(document.path, rows, late, doubtful)
    if is_assumed(context.head):
        context.problems.append(encoding_assumed(document.path))


def _batches(document: Document, context: Context) -> Iterator[lines.Batch]:
    """The lines behind the header, counted from 1 there."""
    with document.open() as stream:
        for number, batch in enumerate(lines.batches(utf8(stream, context.head), context.limits)):
            frame = batch.frame.slice(1) if number == 0 else batch.frame
            frame = frame.with_columns(pl.col("row") - 1)
            faults, rejects = ([(row - 1, code) for row, code in found] for found in (batch.faults, batch.rejects))
            yield lines.Batch(frame, faults, rejects)


def _loose(batch: lines.Batch, names: Names) -> Loose:
    cells = _cells(batch.frame)
    times = _times(cells["time_text"])
    frame = cells.with_columns(time=times)
    known = pl.col("time").is_not_null()
    frame = frame.select(
        source_row="row",
        time="time",
        time_text="time_text",
        time_basis=pl.when(known).then(pl.lit("offset")).otherwise(pl.lit("none")),
        device_id="device",
        device_type="type",
        transcript="text",
        status=pl.when(pl.col("text").is_not_null()).then(pl.lit("understood")).otherwise(pl.lit("unknown")),
        audio_files=_clip_of(pl.col("time"), names),
        extra="extra",
        twice="twice",
        ragged="ragged",
    )
    faults = [
        *batch.faults,
        *((row, "wrapped_twice") for row in frame.filter("twice")["source_row"]),
        *((row, "ragged") for row in frame.filter("ragged")["source_row"]),
        *((row, "time_not_read") for row in frame.filter(~known)["source_row"]),
        *((row, "after_the_end") for row in frame.filter(pl.col("time") >= _AFTER)["source_row"]),
    ]
    return Loose(frame.drop("twice", "ragged"), faults, batch.rejects)


def _cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The five columns of each line; of a line that has fewer the time, and the rest of it in ``extra``."""
    line = pl.col("line")
    frame = frame.with_columns(parts=line.str.extract_groups(_LINE), first=line.str.extract_groups(_FIRST))
    parts, first = pl.col("parts").struct, pl.col("first").struct
    fields = [_plain(parts.field(str(n))) for n in range(1, 5)]
    text = parts.field("5")
    ragged = text.is_null()
    rest = pl.coalesce(first.field("2"), pl.when(first.field("1").is_null()).then(line))
    return frame.select(
        "row",
        time_text=_filled(pl.coalesce(fields[0], _plain(first.field("1")))),
        device=_filled(fields[1]),
        type=_filled(fields[3]),
        text=_filled(unwrapped(text)),
        twice=_twice(text).fill_null(False),
        ragged=ragged,
        extra=_extra(_filled(fields[2]), pl.when(_twice(text)).then(text), pl.when(ragged).then(_filled(rest))),
    )


def _extra(application: pl.Expr, raw: pl.Expr, rest: pl.Expr) -> pl.Expr:
    """What has no column, as JSON; of a text that was repaired, how it stands in the file."""
    keys = {"Application": application, "DisplayText as written": raw, "rest of the line": rest}
    parts = [
        pl.when(value.is_not_null()).then(pl.struct(value.alias(name)).struct.json_encode().str.slice(1).str.head(-1))
        for name, value in keys.items()
    ]
    inside = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return pl.when(inside != "").then(pl.concat_str(pl.lit("{"), inside, pl.lit("}")))


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.strip_chars() != "").then(text)


def _plain(cell: pl.Expr) -> pl.Expr:
    """A field as a CSV reader gives it."""
    quoted = cell.str.starts_with('"')
    return pl.when(quoted).then(_undoubled(cell.str.slice(1, cell.str.len_chars() - 2))).otherwise(cell)


def _undoubled(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all('""', '"', literal=True)


def _once(text: pl.Expr) -> pl.Expr:
    """Without its outer pair of quotation marks."""
    wrapped = text.str.starts_with('"') & text.str.ends_with('"') & (text.str.len_chars() > 1)
    return pl.when(wrapped).then(text.str.slice(1, text.str.len_chars() - 2)).otherwise(text)


def _twice(text: pl.Expr) -> pl.Expr:
    """Whether the writer wrapped the text two times: within the first pair, an odd number of marks begins it."""
    marks = _once(text).str.extract('^("*)').str.len_chars()
    return text.str.starts_with('"') & (marks % 2 == 1)


def unwrapped(text: pl.Expr) -> pl.Expr:
    """The text that the writer wrapped: its rule, undone."""
    inner = pl.when(_twice(text)).then(_once(_once(text))).otherwise(_once(text))
    return pl.when(text.str.starts_with('"')).then(_undoubled(inner)).otherwise(text)


def _times(texts: pl.Series) -> pl.Series:
    """``M/d/yyyy h:mm:ss AM +hh:mm`` in UTC; null for any other form."""
    plain = texts.str.replace_all(_ODD_SPACES, " ").str.strip_chars()
    read = plain.str.to_datetime("%m/%d/%Y %I:%M:%S %p %z", strict=False, time_unit="us", time_zone="UTC")
    fits = plain.str.contains(_DATE) & ~plain.str.contains(":60", literal=True)
    return read.to_frame("time").select(pl.when(fits).then("time")).to_series()


def _by_second(clips: list[str]) -> Names:
    """Clips whose names hold ticks, by their second; none of a second that two clips share."""
    found = [(_second(path), path.rpartition("/")[2]) for path in clips]
    shared = Counter(second for second, _ in found)
    return {second: name for second, name in found if second and shared[second] == 1}


def _second(path: str) -> datetime | None:
    stem = _CLIP.search(path)
    ticks = _TICKS.search(stem[1]) if stem else None
    if not ticks:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=(int(ticks[1]) - _TICKS_1970) // 10_000_000)


def _told_apart(names: Names, document: Document, context: Context) -> Names:
    """Those of seconds that exactly one row has."""
    seen = Counter[datetime]()
    for batch in _batches(document, context):
        times = _times(_cells(batch.frame)["time_text"])
        seen.update(times.filter(times.is_in(list(names))))
    return {second: name for second, name in names.items() if seen[second] == 1}


def _clip_of(time: pl.Expr, names: Names) -> pl.Expr:
    if not names:
        return pl.lit(None, pl.List(pl.String))
    clip = time.replace_strict(list(names), list(names.values()), default=None, return_dtype=pl.String)
    return pl.when(clip.is_not_null()).then(pl.concat_list(clip))


def _clips_told(clips: int, rows: int, linked: int) -> str:
    if not clips:
        return "no clips beside it"
    if linked:
        return f"{clips:,} clips, {rows:,} rows; {linked:,} joined by the time in the clip's name"
    return f"{clips:,} clips, {rows:,} rows, no link possible"


def _problems(path: str, rows: int, late: int, doubtful: int) -> Iterator[Problem]:
    if not rows:
        yield Problem("note", "microsoft_no_rows", "The speech table has no rows.", _NORMAL, path)
    elif late:
        yield Problem(
            "warning",
            "microsoft_after_the_end",
            f"{late:,} rows are dated after 2020-10-30, when Microsoft said it stopped keeping voice with the account.",
            "Ask Microsoft what they are: account.microsoft.com/privacy.",
            path,
        )
    else:
        yield Problem("note", "microsoft_ended", "No entry of this table is dated after 2020-10-30.", _NORMAL, path)
    if doubtful:
        yield Problem(
            "warning",
            "date_order_doubtful",
            f"{doubtful:,} dates cannot begin with the month, as those of this file are known to; the others may have"
            " day and month the wrong way round.",
            "Compare a few entries with days you remember before you rely on any date of this file.",
            path,
        )


_NORMAL = (
    "That is normal: since 2020-10-30 Microsoft keeps no new voice data with the account (Microsoft,"
    " go.microsoft.com/fwlink/p/?linkid=2145715, checked 2026-11-23)."
)
_ANSWER = Problem(
    "note",
    "microsoft_no_speech",
    "This is a download of Microsoft's privacy dashboard, without a file of voice data. " + _NORMAL,
    "Clips of before that day, if there are any, stand at account.microsoft.com/privacy under My activity, Voice,"
    " where they can be cleared as well (press, checked 2026-11-23).",
)
_EVIDENCE = "read in public code of 2020-2021, the service that writes it; no user's export seen"


_OTHER_HEADERS = (
    b"DateTime,DeviceId,AccuracyRadius,Latitude,Longitude,Time,Title,Url,SearchTerms",
    b"DateTime,DeviceId,NavigatedToUrl,PageTitle,SearchTerms",
    b"DateTime,EndDateTime,DeviceId,Aggregation,AppName,AppPublisher",
    b"DateTime,DeviceId,AppName,Artist,ConsumptionTime,ContainerName,",
    b"DateTime,DeviceId,AccuracyRadius,ActivityType,AddressLine1,",
)

ROUTES = (
    Route(
        format="microsoft_speech",
        vendor="microsoft",
        product="cortana",
        path=re.compile(r"\.csv$", re.IGNORECASE),
        head=re.compile(rb"\A(?:\xef\xbb\xbf)?" + HEADER.encode() + rb"\s*(?:[\r\n]|\Z)"),
        read=read,
        about="Cortana speech table of Microsoft's privacy dashboard, until 2020-10-30",
        support=Support(
            evidence=_EVIDENCE,
            audio="beside the table; joined where the clip's name holds a time, else only counted",
            accidental="none: the table has no such field",
            device="an id and the maker's type, which may be empty",
            unknown="dates in other languages; whether inked and typed text is in it; whether it is still handed out",
        ),
        sample="microsoft-cortana",
    ),
    Route(
        format="microsoft_other",
        vendor="microsoft",
        product="cortana",
        path=re.compile(r"\.csv$", re.IGNORECASE),
        head=re.compile(rb"\A(?:\xef\xbb\xbf)?(?:" + b"|".join(_OTHER_HEADERS) + b")"),
        read=None,
        about="searches, web sites, apps, media or places of a Microsoft privacy download; not voice",
        support=Support(evidence=_EVIDENCE),
        answer=_ANSWER,
    ),
)
