"""Cutting the members of objects: every layout gives the same, and broken files lose only what is broken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import Trickle
from toolkit.carve.members import Members, Piece
from toolkit.carve.typed import Reject
from toolkit.limits import Limits

TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ['"mapping": {', '}, "x": {"id": "x"', "\\", '"', '\\"mapping\\":{', "\ud83d", "😀", "\x00", "{[", "null"]
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NODE = st.fixed_dictionaries({"id": TEXT}, optional={"message": VALUE, "children": st.lists(TEXT, max_size=2)})
PARENT = st.fixed_dictionaries(
    {"title": TEXT, "mapping": st.dictionaries(TEXT, NODE | VALUE, max_size=4)}, optional={"current": TEXT}
)
LAYOUT = st.sampled_from(
    [{"separators": (",", ":")}, {}, {"indent": 1}, {"indent": 4, "ensure_ascii": False}, {"indent": "\t"}]
)
Told = tuple[list[Any], tuple[bytes, ...], bool]


def cut(data: bytes, most: int = 1 << 20, **limits: int) -> tuple[list[Told], int, list[str]]:
    members = Members(Trickle(data, most), "mapping", Limits(**limits))
    return [told(piece) for piece in members.pieces()], members.objects, members.notes


def told(piece: Piece) -> Told:
    members = Members(Trickle(b"", 1), "").split(piece.whole) if piece.whole else piece.members
    return ([one.code if isinstance(one, Reject) else one for one in members], piece.around, piece.more)


def values(pieces: list[Told]) -> list[str]:
    """All members as JSON in one spelling, so that NaN equals itself."""
    return [json.dumps(json.loads(one)) for members, _, _ in pieces for one in members]


def written(parents: list[Any], layout: dict[str, Any], wrapped: bool = False) -> bytes:
    text = json.dumps({"conversations": parents} if wrapped else parents, **layout)
    return text.encode("utf-8", "surrogatepass")


@given(st.lists(PARENT, max_size=4), LAYOUT, st.booleans())
def test_every_layout_gives_back_what_the_standard_library_reads(
    parents: list[Any], layout: dict[str, Any], wrapped: bool
) -> None:
    pieces, objects, notes = cut(written(parents, layout, wrapped))

    assert objects == len(pieces) == len(parents)
    assert values(pieces) == [json.dumps(node) for parent in parents for node in parent["mapping"].values()]
    assert notes == []


@given(st.lists(PARENT, min_size=1, max_size=4), LAYOUT, st.integers(1, 64), st.data())
def test_members_do_not_depend_on_where_the_stream_is_cut(
    parents: list[Any], layout: dict[str, Any], most: int, data: st.DataObject
) -> None:
    text = bytearray(written(parents, layout))
    for _ in range(data.draw(st.integers(0, 3), label="damages")):
        at = data.draw(st.integers(0, len(text) - 1), label="where")
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3), label="bytes")

    assert cut(bytes(text), most, json_record=200) == cut(bytes(text), json_record=200)


@given(st.binary(max_size=200), st.integers(1, 16))
def test_any_bytes_end_in_a_result(data: bytes, most: int) -> None:
    cut(b'[{"mapping":{' + data, most)


@given(st.lists(PARENT, max_size=3), LAYOUT)
def test_msgspec_and_the_standard_library_see_the_same_ends(parents: list[Any], layout: dict[str, Any]) -> None:
    data = written(parents, layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Members, "_measured", lambda self, text: None)
        slow = cut(data)

    assert [members for members, _, _ in slow[0]] == [members for members, _, _ in cut(data)[0]]


@given(st.lists(PARENT, max_size=3), LAYOUT)
def test_objects_handed_out_whole_have_the_same_members(parents: list[Any], layout: dict[str, Any]) -> None:
    data = written(parents, layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Members, "_whole", lambda self: b"")
        slow = cut(data)

    assert slow == cut(data)


def test_what_stands_around_an_object_is_told() -> None:
    pieces, _, _ = cut(b'[{"title":"a","mapping":{"x":1},"id":"b"} , {"mapping":{},"id":"c"}]')

    assert [around for _, around, _ in pieces] == [(b'{"title":"a"}', b'{"id":"b"}'), (b"{}", b'{"id":"c"}')]


def test_the_key_a_second_time_is_not_passed_over() -> None:
    pieces, objects, _ = cut(b'[{"mapping":{"x":1},"mapping":{"y":2}}]')

    assert (objects, values(pieces)) == (2, ["1", "2"])


def test_a_large_object_comes_in_pieces_no_larger_than_a_block_and_a_member() -> None:
    nodes = {f"n{n}": {"id": f"n{n}", "text": "x" * 500} for n in range(2_000)}
    pieces, objects, _ = cut(json.dumps([{"title": "t", "mapping": nodes, "id": "i"}]).encode(), block=50_000)

    assert objects == 1
    assert [more for _, _, more in pieces] == [True] * (len(pieces) - 1) + [False]
    assert max(sum(map(len, members)) for members, _, _ in pieces) < 50_000 + 600
    assert values(pieces) == [json.dumps(node) for node in nodes.values()]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b'"b":{"id":"b","x":tru}', "not_json"),
        (b'"b":{"id":"b","x":"' + b"y" * 5_000 + b'"}', "too_large"),
        (b'"b":{"id":"b","x":' + b"[" * 2_000 + b"]" * 2_000 + b"}", "too_deep"),
        (b'"b":{"id":"b","x":' + b"9" * 4_500 + b"}", "too_large"),
        (b'"b"{"id":"b"}', "not_json"),
        (b"17", "not_json"),
    ],
    ids=["a word", "too long", "too deep", "a long number", "no colon", "no name"],
)
def test_behind_a_broken_member_reading_resumes(broken: bytes, code: str) -> None:
    limit = 1 << 20 if code == "too_deep" else 4_000
    data = b'[{"mapping":{"a":{"id":"a"},' + broken + b',"c":{"id":"c"}}},{"mapping":{"d":{"id":"d"}}}]'
    pieces, _, _ = cut(data, json_record=limit)

    assert [members for members, _, _ in pieces] == [[b'{"id":"a"}', code, b'{"id":"c"}'], [b'{"id":"d"}']]


def test_a_number_too_long_to_read_is_left_to_whoever_reads_the_member() -> None:
    node = b'{"id":"b","x":' + b"9" * 5_000 + b"}"

    assert cut(b'[{"mapping":{"b":' + node + b"}}]")[0][0][0] == [node]


def test_an_object_that_never_closes_loses_nothing_of_the_next() -> None:
    pieces, objects, _ = cut(b'[{"mapping":{"a":{"id":"a"},"b":{"id":"b", {"mapping":{"d":{"id":"d"}}}]')

    assert objects == 2
    assert [members for members, _, _ in pieces] == [[b'{"id":"a"}', "not_json"], [b'{"id":"d"}']]


def test_a_file_without_its_end_says_so() -> None:
    pieces, _, notes = cut(b'[{"mapping":{"a":{"id":"a"},"b":{"id":"b","x":[1')

    assert (pieces[0][0], notes) == ([b'{"id":"a"}', "cut_off"], ["cut_off"])


def test_a_missing_comma_costs_no_member() -> None:
    pieces, _, notes = cut(b'[{"mapping":{"a":{"id":"a"} "b":{"id":"b"}}}]')

    assert (values(pieces), notes) == (['{"id": "a"}', '{"id": "b"}'], ["missing_comma"])


def test_values_without_an_end_cost_a_bounded_look() -> None:
    looked = 0

    class Counting(Members):
        def _scanned_end(self, start: int, limit: int) -> int:
            nonlocal looked
            looked += limit
            return super()._scanned_end(start, limit)

    one = b'"%d":{"id":"%d","x":{},'
    data = b'[{"mapping":{' + b"".join(one % (n, n) for n in range(600)) + b'"z":"' + b" " * 4_000_000
    for _ in Counting(Trickle(data, 1 << 20), "mapping").pieces():
        pass

    assert looked < 64 * (1 << 20) + 600 * (1 << 16)
