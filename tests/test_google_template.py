"""Rows that are taken apart column by column say what their decoding says, and the usual rows are taken apart."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import takeout
import takeout_files
from hostile import Trickle
from toolkit.carve.json import Cutter
from toolkit.carve.places import HIDDEN
from toolkit.carve.streams import Tee
from toolkit.carve.typed import Decoder
from toolkit.carve.window import Window, ahead
from toolkit.limits import Limits
from toolkit.parsers.google import activity
from toolkit.parsers.google.activity_json import Activity, _raw, _whole
from toolkit.parsers.google.hearing import Hearing, query
from toolkit.parsers.google.template import take_apart
from toolkit.problems import Damaged

TEXT = st.text(st.characters(codec="utf-8"), max_size=10) | st.sampled_from(
    [
        'a"b',
        "\\",
        "a\\",
        'x", "time": "',
        '"name": "',
        "it's <b> & c = d",
        "\u2028",
        "a\nb",
        "}]",
        '"},{"name": "',
        "q\\u003d",
        HIDDEN,
        "center=1.5,2.5&",
    ]
)
LINK = st.builds("https://www.google.com/search?q={}".format, TEXT.map(quote_plus)) | st.sampled_from(
    ["https://www.google.com/search?q=a&hl=de", "https://google.de/search?x=1&q=b#c", "", "https://x.test/?q="]
)
PLACES = ["12.345678,-0.000001", HIDDEN, "1.5,2.5&center=3.5,4.5", "-48.876667,-123.393333", "1,2"]
MAP = st.sampled_from(PLACES).map("https://www.google.com/maps/@?api=1&center={}&zoom=12".format)
PLACED = st.fixed_dictionaries({}, optional={"name": MAP | st.just("At this place"), "url": MAP, "source": MAP | TEXT})
NAMED = st.fixed_dictionaries({}, optional={"name": TEXT, "url": LINK})
ROW = st.fixed_dictionaries(
    {"title": TEXT, "time": st.just("2018-04-16T11:42:52.739Z") | TEXT, "products": st.lists(TEXT, max_size=2)},
    optional={
        "header": st.just("Assistant") | TEXT,
        "titleUrl": LINK | st.none(),
        "subtitles": st.lists(NAMED, max_size=3),
        "audioFiles": st.lists(st.sampled_from(["a.mp3", "b/c.mp3", ""]) | TEXT, max_size=2),
        "details": st.lists(NAMED | st.fixed_dictionaries({"name": MAP}), max_size=2),
        "locationInfos": st.lists(PLACED, max_size=2),
        "description": TEXT,
        "safeHtmlItem": st.just([{"html": "<p>x</p>"}]),
        "attachedFiles": st.just(["a.wav"]),
        "novel": st.just({"title": "x", "time": "y"}),
    },
)
USUAL = {"header": "Assistant", "title": "Said a", "time": "2018-04-16T11:42:52.739Z", "products": ["Assistant"]}
LAYOUTS = st.sampled_from(sorted(takeout_files.LAYOUTS))
Row = dict[str, Any]


def laid_out(rows: list[Row], layout: str = "gson") -> bytes:
    form = takeout_files.LAYOUTS[layout]
    filled = [{key: value for key, value in row.items() if value or "gson" not in layout} for row in rows]
    return (form.head + form.between.join(map(form.row, filled)) + form.foot).encode()


def read(data: bytes, template: bool = True, block: int = 1 << 20) -> dict[str, Any]:
    limits = Limits(block=block, json_record=1 << 14)
    decoder = Decoder(Activity, limits)
    taking = partial(take_apart, decode=partial(_whole, decoder)) if template else None
    cutter = Cutter(Trickle(data, block), decoder, None, limits, taking)
    account = activity.Account()
    batches = list(cutter.batches())
    rows = [row for batch in batches for row in _raw(batch, "Assistant", account).rows()]
    return {
        "rows": rows,
        "account": account,
        "faults": [fault for batch in batches for fault in batch.faults],
        "rejects": [reject for batch in batches for reject in batch.rejects],
        "notes": cutter.notes,
        "in columns": sum(batch.in_columns for batch in batches),
    }


def same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left | {"in columns": 0} == right | {"in columns": 0}


def in_columns(*rows: str) -> list[bool]:
    """Which of these rows, each given as the inside of its braces, are taken apart."""
    decode = Decoder(Activity).one
    around, _, _ = take_apart(pl.Series(rows), ',\n  "', decode)
    return around.is_not_null().to_list()


@given(st.lists(ROW, max_size=4), LAYOUTS, st.integers(200, 2_000), st.data())
def test_rows_taken_apart_say_what_their_decoding_says(
    rows: list[Row], layout: str, block: int, data: st.DataObject
) -> None:
    shuffled = [
        dict(data.draw(st.permutations(list(row.items())))) if data.draw(st.booleans()) else row for row in rows
    ]
    text = bytearray(laid_out([USUAL, *shuffled, *[USUAL] * 30, *rows], layout))
    for _ in range(data.draw(st.integers(0, 2), label="damages")):
        at = data.draw(st.integers(0, len(text) - 1), label="where")
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b",\n  ", b"\\", b'"x": 1,', b"},{", b"\xc2\xa0"]),
            label="bytes",
        )

    plain = read(bytes(text), template=False)
    assert same(read(bytes(text)), plain)
    assert same(read(bytes(text), block=block), plain)


@pytest.mark.parametrize("layout", ["gson", "gson_spaced", "indented"])
def test_the_usual_rows_are_taken_apart_whatever_stands_between_them(layout: str) -> None:
    mine = [event for event in takeout.events(400) if takeout.ASSISTANT in event.products]
    written = io.BytesIO()
    takeout_files.write_json(mine, written, takeout.Account(), layout=layout)
    found = read(written.getvalue())

    assert found["in columns"] > 0.9 * len(mine)  # "indented" is written with all other letters escaped
    assert same(found, read(written.getvalue(), template=False))
    assert len(found["rows"]) == len(mine)


def test_a_few_odd_rows_do_not_hold_up_the_others() -> None:
    odd = {**USUAL, "subtitles": [{"name": "x", "url": "https://x.test"}]}
    found = read(laid_out([USUAL] * 40 + [odd] + [USUAL] * 40))

    assert found["in columns"] == 79  # the last row of a file always goes by itself
    assert [row[0] for row in found["rows"]] == list(range(1, 82))


FITS = 'header": "A",\n  "title": "b",\n  "time": "c",\n  "products": ["Assistant"]\n'


@pytest.mark.parametrize(
    "row",
    [
        FITS.replace('"b"', '"b",\n  "title": "d"'),
        FITS.replace('"c"', '"c",\n  "time": "d"'),
        FITS.replace('"A"', '"A",\n  "time": "d"'),
        FITS + ',\n  "title": "d"\n',
        FITS.replace("header", "novel"),
        FITS.replace('"A"', "{"),
        FITS.replace('["Assistant"]', '["Assistant"'),
        FITS.replace('"products": ["Assistant"]', '"details": [{"name": "x"}'),
        FITS.replace('header": "A"', 'details": [{"name": "A"').replace('["Assistant"]', '["Assistant"]}]'),
        FITS.replace('"c",', '"c"'),
        FITS.replace('"b"', '"b\tc"'),
        FITS.replace('"b"', '"\\ud800"'),
        FITS.replace('"b"', '"\\x"'),
        FITS.replace('"b"', '"b'),
        FITS.replace('"b"', '"b",\n  "subtitles": [\u00a0{"name": "x"}]'),
        FITS.replace('"b"', '"b",\n  "subtitles": [{"name": ""}]'),
        FITS.replace('"c"', '"c",\n  "audioFiles": ["a/b.mp3"]'),
        FITS.replace('"c"', '"c",\n  "audioFiles": []'),
        FITS.replace("header", "subtitle"),
        FITS.replace('"title": "b",\n  ', ""),
        FITS.replace("products", "safeHtmlItem"),
        FITS.replace('"A"', '"A",\n  "header": "B"'),
    ],
)
def test_what_does_not_provably_read_alike_is_decoded(row: str) -> None:
    assert in_columns(FITS, row) == [True, False]


def test_rows_from_different_places_are_read_as_one_wording() -> None:
    rows = [
        USUAL
        | {"locationInfos": [{"name": "At this place", "url": f"https://www.google.com/maps/@?center={at}&zoom=1"}]}
        for at in ("1.5,2.5", "12.345678,-0.000001", "3.5,4.5")
    ]
    decoder = Decoder(Activity)
    seen: list[bytes] = []

    def counting(text: bytes) -> Activity | None:
        seen.append(text)
        return _whole(decoder, text)

    insides = [form.partition('"')[2].removesuffix("}") for form in map(takeout_files.LAYOUTS["gson"].row, rows)]
    of, columns, _ = take_apart(pl.Series(insides), ',\n  "', counting)

    assert of.to_list() == [0, 0, 0]
    assert columns.collect()["place"].to_list() == ["1.5,2.5", "12.345678,-0.000001", "3.5,4.5"]
    assert len(set(seen)) == len(seen) == 3  # what stands before the title, what behind the time, and both


def test_a_row_without_other_members_fits() -> None:
    assert in_columns('title": "b",\n  "time": "c"\n', FITS) == [True, True]


CODED = st.text(st.sampled_from("a%+2fFcC3é&#=?q \n"), max_size=12) | TEXT.map(quote) | TEXT.map(quote_plus)


@example(["https://www.google.com/search?q=100+%+more"])
@given(st.lists(st.none() | CODED.map("https://www.google.com/search?q={}".format) | CODED, max_size=5))
def test_a_column_of_links_asks_what_each_of_them_asks(urls: list[str | None]) -> None:
    titles = [query(url) for url in urls]
    frame = pl.DataFrame({"title": titles, "url": urls}, {"title": pl.String, "url": pl.String})

    assert Hearing([]).read(frame)["transcript"].to_list() == [title or None for title in titles]


def test_what_is_made_ahead_comes_in_order_and_so_does_its_failure() -> None:
    def numbers() -> Iterator[int]:
        yield from range(1, 50)
        raise Damaged("here")

    taken: list[int] = []
    with pytest.raises(Damaged):
        taken.extend(ahead(numbers()))

    assert taken == list(range(1, 50))


def test_a_hash_is_that_of_the_whole_stream_however_much_of_it_was_read_ahead() -> None:
    data = bytes(range(256)) * 4_000
    for wanted in (1, 1 << 18, 1 << 30):
        with Tee(io.BytesIO(data)) as stream:
            Window(stream, 1 << 17).reach(wanted)

        assert stream.sha256 == hashlib.sha256(data).hexdigest()
