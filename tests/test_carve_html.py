"""Cutting pages of cards: the fast frame and the slow path say the same, and broken pages lose only what is broken."""

from __future__ import annotations

import html
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import Trickle
from toolkit.carve.html import MARK, Around, Cutter, framed, read_card
from toolkit.carve.markup import lines, text_of
from toolkit.carve.places import HIDDEN
from toolkit.limits import Limits

BODY = "content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1"
FRONT = "<html><head><title>My Activity History</title><style>.outer-cell {}</style></head><body><div>"
BACK = "</div></body></html>"


def card(body: str, header: str = "Assistant", caption: str = "<b>Products:</b><br>&emsp;Assistant<br>") -> str:
    return (
        f'{MARK.decode()} mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
        f'<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">{header}<br></p></div>'
        f'<div class="{BODY}">{body}</div><div class="{BODY} mdl-typography--text-right"></div>'
        f'<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption">{caption}</div></div></div>'
    )


def page(*cards: str) -> bytes:
    return (FRONT + "\n".join(cards) + BACK).encode()


def cut(data: bytes, block: int = 1 << 20, most: int = 1 << 18) -> dict[str, Any]:
    cutter = Cutter(Trickle(data, block), Limits(block=block, html_card=most))
    batches = list(cutter.batches())
    tables = [(batch.around, batch.cards.collect()) for batch in batches]
    return {
        "rows": [row for _, table in tables for row in table.drop("around", "place").rows(named=True)],
        "around": [
            shown(around[at], place) for around, table in tables for at, place in table["around", "place"].iter_rows()
        ],
        "faults": [fault for batch in batches for fault in batch.faults],
        "rejects": [reject for batch in batches for reject in batch.rejects],
        "notes": cutter.notes,
    }


def shown(around: Around, place: str | None) -> Around:
    """With the place where it is hidden."""
    return around._replace(caption=around.caption.replace(HIDDEN, place)) if place else around


def at_once(piece: bytes) -> tuple[Any, ...] | None:
    """What the fast path reads, in the form of the slow one."""
    _, cards, wordings = framed(pl.Series([piece.decode()]))
    at, *texts, place = cards.collect().row(0)
    if at is None:
        return None
    return shown(wordings[at], place), *texts


def codes(found: dict[str, Any], what: str) -> list[str]:
    return [code for _, code in found[what]]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\t\f\v\x00\x85"), min_size=1, max_size=12) | (
    st.sampled_from(
        [
            "what is love",
            "a & b",
            "<b>",
            "&amp;",
            "&nbsp;",
            "1 < 2",
            "it's",
            '"Maps"',
            "x\u00a0",
            "\u202f",
            "؟",
            "&#10;",
        ]
    )
)
MARKUP = WORDS.map(html.escape) | st.sampled_from(
    [
        "&nbsp;",
        "&#x110000;",
        "&#0;",
        "&copy;",
        "&amp",
        "<i>",
        "</i>",
        "<p>",
        "\n",
        "  ",
        "<a href='x'>y</a>",
        "<img src=a.mp3>",
        "<",
    ]
)
BODIES = st.lists(MARKUP, max_size=5).map("<br>".join) | st.lists(MARKUP, max_size=5).map("".join)
LINKED = st.builds(
    '{}<a href="{}">{}</a><br>{}<br>'.format, MARKUP, WORDS.map(html.escape), WORDS.map(html.escape), BODIES
)


PLACES = st.sampled_from(["12.345678,-0.000001", HIDDEN, "1.5,2.5&amp;center=3.5,4.5", "1,2"])
MAPS = PLACES.map('At <a href="https://www.google.com/maps/@?api=1&amp;center={}&amp;zoom=12">here</a><br>'.format)
CAPTIONS = st.lists(
    MAPS | PLACES.map("center={}&amp;<br>".format) | st.just("<b>Locations:</b><br>") | MARKUP, max_size=4
)


@given(LINKED | BODIES, WORDS.map(html.escape), CAPTIONS.map("".join))
def test_a_card_of_the_known_frame_says_what_the_slow_path_reads(body: str, header: str, caption: str) -> None:
    piece = card(body, header, caption).encode()[len(MARK) :]
    fast, slow = at_once(piece), read_card(piece)

    if fast:
        assert slow
        assert fast[1:] == slow[1:]
        assert fast[0].caption == slow[0].caption
        assert text_of(fast[0].header) == html.unescape(slow[0].header)


def test_the_known_frame_is_taken_at_once() -> None:
    said = (
        'Said&nbsp;<a href="https://www.google.com/search?q=a&amp;b=1">it&#39;s &lt;b&gt;</a><br>Yes.<br>No.<br>12:00'
    )

    for ending in ("", "<br>"):
        assert at_once(card(said + ending).encode()[len(MARK) :])
        assert cut(page(card(said + ending)))["rows"] == [
            {
                "row": 1,
                "url": "https://www.google.com/search?q=a&b=1",
                "title": "Said it's <b>",
                "lines": "Yes.\nNo.\n12:00",
                "links": None,
            }
        ]


@given(st.lists(LINKED | BODIES, max_size=6), st.integers(1, 64), st.data())
def test_cards_do_not_depend_on_where_the_stream_is_cut(bodies: list[str], block: int, data: st.DataObject) -> None:
    text = bytearray(page(*map(card, bodies)))
    for _ in range(data.draw(st.integers(0, 3), label="damages")):
        at = data.draw(st.integers(0, len(text) - 1), label="where")
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3), label="bytes")

    assert cut(bytes(text), block, most=900) == cut(bytes(text), most=900)


@given(st.binary(max_size=200), st.integers(1, 40))
def test_any_bytes_end_in_a_result(data: bytes, block: int) -> None:
    found = cut(MARK + data + MARK + data, block, most=150)

    numbers = [row["row"] for row in found["rows"]] + [row for row, _ in found["rejects"]]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_a_marker_inside_an_attribute_splits_nothing() -> None:
    trap = f'Said <a title=\'{MARK.decode()}">\' href="/x">this</a><br>later'
    found = cut(page(card(trap), card("Said that<br>12:00")))

    assert len(found["rows"]) + len(found["rejects"]) == 2
    assert found["rows"][-1]["title"] == "Said that"


def test_a_marker_in_what_was_said_is_text() -> None:
    found = cut(page(card(f"Said {html.escape(MARK.decode())}<br>12:00"), card("Said b<br>12:00")))

    assert [row["title"] for row in found["rows"]] == [f"Said {MARK.decode()}", "Said b"]


def test_a_card_over_the_limit_is_rejected_and_the_next_is_read() -> None:
    found = cut(page(card("a<br>12:00"), card("x" * 3_000), card("b<br>12:00")), 64, most=1_000)

    assert [row["title"] for row in found["rows"]] == ["a", "b"]
    assert found["rejects"] == [(2, "too_large")]


def test_surplus_closing_tags_and_white_space_do_not_matter() -> None:
    found = cut(page(card("a<br>12:00") + "</div>\r\n\r\n", card("b\r\n<br>\r\n12:00\n<br>")))

    assert [(row["title"], row["lines"]) for row in found["rows"]] == [("a", "12:00"), ("b", "12:00")]


def test_a_page_that_ends_early_says_so_and_keeps_its_whole_cards() -> None:
    whole = page(card("a<br>12:00"), card("b<br>12:00"))
    found = cut(whole[: whole.rindex(b"12:00")])

    assert [row["title"] for row in found["rows"]] == ["a"]
    assert (codes(found, "rejects"), found["notes"]) == (["cut_off"], ["cut_off"])


def test_bytes_that_are_no_text_cost_a_mark_in_their_own_card_only() -> None:
    found = cut(
        page(card("a<br>1"), card("b\udcff<br>1").replace("\udcff", "ÿ"), card("c<br>1")).replace("ÿ".encode(), b"\xff")
    )

    assert [row["title"] for row in found["rows"]] == ["a", "b\ufffd", "c"]
    assert found["faults"] == [(2, "bad_utf8")]


def test_character_references_are_resolved_once() -> None:
    found = cut(page(card("&amp;lt;script&gt; &#x110000;&#0;&#xD800;<br>12:00")))

    assert found["rows"][0]["title"] == "&lt;script> \ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    "flood",
    [
        "<div>" * 40000,
        "<!-- " * 40000,
        "<a " * 80000,
        "<![" * 60000,
        "<a " + "b=1 " * 60000,
        "<a " + "b='" * 60000,
        "<" + "a" * 200000,
        "&" * 200000,
        "<b><i>" * 30000,
        "href=" * 40000,
    ],
)
def test_floods_of_markup_end_in_a_result(flood: str) -> None:
    """Each of them takes a common parser of HTML minutes; here the test would just not come back."""
    found = cut(page(card("a" + flood), card("b<br>12:00")), 1 << 16)

    assert found["rows"][-1]["title"] == "b"


def test_markup_becomes_lines() -> None:
    markup = '<p>One <strong>two</strong>.</p>\n<ol><li>a</li><li><a href="u&amp;v">b</a></li></ol><b>C</b> d<br>'

    assert [(line.text, line.links) for line in lines(markup)] == [
        ("One two.", ()),
        ("a", ()),
        ("b", ("u&v",)),
        ("C d", ()),
    ]
