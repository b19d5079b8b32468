"""ChatGPT's conversations: spoken messages and their answers, whatever else stands in the graph."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chats
import toolkit
from hostile import Trickle
from toolkit.limits import DEFAULT, Limits
from toolkit.parsers.openai import conversations, messages
from toolkit.parsers.route import Context, Document
from toolkit.schema import RECORDS

ASSET = "file_" + "0" * 31
SPEECH_ENDS = 0.45


def pointer(n: int = 1, seconds: float = SPEECH_ENDS, **more: Any) -> dict[str, Any]:
    told = {"content_type": "audio_asset_pointer", "asset_pointer": f"sediment://{ASSET}{n}", "format": "wav"}
    metadata = {"start": 0.0, "end": seconds}
    return {**told, "size_bytes": 78 + round(seconds * 48_000), "metadata": metadata, **more}


def users(n: int = 1, seconds: float = SPEECH_ENDS, **more: Any) -> dict[str, Any]:
    inner = pointer(n, seconds, **more)
    return {"content_type": "real_time_user_audio_video_asset_pointer", "audio_asset_pointer": inner}


def heard(text: str, direction: str = "in") -> dict[str, Any]:
    return {"content_type": "audio_transcription", "text": text, "direction": direction}


def node(name: str, parent: str | None, *parts: Any, role: str = "user", **message: Any) -> dict[str, Any]:
    kind = "text" if all(isinstance(part, str) for part in parts) else "multimodal_text"
    content = {"content_type": kind, "parts": list(parts)}
    whole = {"id": name, "author": {"role": role}, "create_time": 1737819521.015962, "content": content, **message}
    return {"id": name, "parent": parent, "children": [], "message": whole}


def answer(name: str, parent: str | None, *parts: Any, **message: Any) -> dict[str, Any]:
    return node(name, parent, *parts, role="assistant", **message)


def chat(*nodes: Any, **more: Any) -> dict[str, Any]:
    return {"title": "t", "mapping": {one["id"]: one for one in nodes}, "conversation_id": "c", **more}


def load(*talks: Any) -> toolkit.Export:
    return toolkit.load(json.dumps(list(talks)).encode())


def only(*parts: Any, **message: Any) -> dict[str, Any]:
    """The one record of a message with these parts."""
    return load(chat(node("m", None, *parts, **message))).records.row(0, named=True)


def extra(record: dict[str, Any]) -> dict[str, Any]:
    return json.loads(record["extra"])  # type: ignore[no-any-return]


def account(export: toolkit.Export) -> tuple[int, int, int, int]:
    """Carved, understood, rejected, left out."""
    row = export.files.filter(pl.col("format") == "openai_conversations")
    return row.select("carved", "understood", "rejected", "left_out").row(0)


def test_the_public_sample_reads_as_its_description_says(shared: Path) -> None:
    export = toolkit.load(shared / "samples/chatgpt/conversations.redacted.json")
    first, second = export.records.to_dicts()

    assert account(export) == (2, 2, 0, 0)
    assert (first["status"], first["transcript"]) == ("noise", None)
    assert (second["status"], second["transcript"]) == ("understood", "REDACTED USER TEXT")
    assert {row["response"] for row in (first, second)} == {"REDACTED ASSISTANT TEXT"}
    assert [extra(row)["stated_seconds"] for row in (first, second)] == [0.45, 3.11]
    assert [extra(row)["answer_stated_seconds"] for row in (first, second)] == [2.0, 12.75]
    assert first["time"] == datetime(2025, 1, 25, 15, 38, 41, 15_962, UTC)
    assert [(row["expires"] - row["time"]).days for row in (first, second)] == [29, 29]  # 30 days less a moment
    assert second["expires"] == datetime(2025, 2, 24, 15, 38, 58, 346_121, UTC)
    assert set(export.problems["code"]) == {"no_clips"}


def test_the_sample_reads_as_what_was_written_into_it() -> None:
    folder = Path(chats.__file__).parent
    truth = json.loads((folder / "chatgpt-voice.truth.json").read_text("utf-8"))
    export = toolkit.load(folder / "chatgpt-voice")
    records = export.records
    kinds = {**dict.fromkeys(chats.KINDS, 0), **truth["by_kind"]}
    once = records.filter(pl.col("duplicate_of").is_null())

    assert records.height == truth["rows"]
    assert records["duplicate_of"].count() == truth["repeated"]
    assert account(export)[3] == kinds["typed"]
    assert f"{kinds['typed']} typed messages" in "".join(export.files["note"])
    assert once.filter(status="noise").height == kinds["noise"]
    assert once.filter(status="silence").height == kinds["silence"]
    assert once.filter(status_text="dictation").height == kinds["dictated"]
    assert once.filter(status_text="voice_mode_message").height == kinds["voice mode without sound"]
    assert once["audio_files"].list.len().sum() == truth["clips"]["named"]
    assert once["audio_found"].sum() == truth["clips"]["found"]
    assert once["audio_seconds"].sum() == pytest.approx(truth["clips"]["found_ms"] / 1_000)
    assert set(export.problems["code"]) == {"clip_missing"}
    stated = once.filter(pl.col("expires").is_not_null()).select(
        days=(pl.col("expires") - pl.col("time")).dt.total_days()
    )
    assert set(stated["days"]) == {30, 180}


@pytest.mark.parametrize(
    ("parts", "status", "why"),
    [
        ([heard("hello"), users()], "understood", None),
        ([users(), heard("hello")], "understood", None),
        ([heard("hello")], "understood", None),
        ([pointer(), heard("hello")], "understood", None),
        ([heard(""), users(seconds=0.99)], "noise", "empty_transcript_under_1s"),
        ([heard(""), users(seconds=1.0)], "silence", "empty_transcript"),
        ([heard("")], "silence", "empty_transcript"),
        ([users(seconds=0.3)], "noise", "no_transcript_under_1s"),
        ([users(seconds=3.0)], "unknown", "no_transcript"),
        ([{"content_type": "real_time_user_audio_video_asset_pointer"}], "unknown", "no_transcript"),
    ],
)
def test_what_became_of_a_message_follows_from_its_parts(parts: list[Any], status: str, why: str | None) -> None:
    record = only(*parts)

    assert (record["status"], record["status_text"]) == (status, why)
    assert record["trigger"] == "unknown"
    assert record["product"] == "chatgpt_voice"


@pytest.mark.parametrize("flag", messages.FLAGS)
def test_a_text_is_voice_if_the_file_says_so_and_only_if_it_is_true(flag: str) -> None:
    spoken = node("a", None, "hello", metadata={flag: True})
    typed = [
        node(name, None, "hello", metadata={flag: value}) for name, value in {"b": False, "c": None, "d": 0}.items()
    ]
    export = load(chat(spoken, *typed))

    assert export.records.select("transcript", "status", "status_text", "audio_files").rows() == [
        ("hello", "understood", flag, [])
    ]
    assert account(export) == (4, 1, 0, 3)


def test_a_chat_that_only_speaks_of_voice_is_typed() -> None:
    text = 'I read "voice_mode_message": true and {"content_type": "audio_transcription"} in it'
    export = load(chat(node("a", None, text), answer("b", "a", text)))

    assert account(export) == (1, 0, 0, 1)
    assert export.problems["code"].to_list() == ["no_voice_entries"]


def test_clips_are_found_by_the_id_their_name_begins_with_in_any_part_of_the_export() -> None:
    name = f"{ASSET}1-aa570aac-8dec-44e9-a99a-63988a2a33ce.wav"
    parts = [io.BytesIO(), io.BytesIO()]
    with zipfile.ZipFile(parts[0], "w") as archive:
        archive.writestr(
            "conversations.json",
            json.dumps([chat(node("a", None, heard("x"), users(1)), answer("b", "a", heard("y", "out"), pointer(2)))]),
        )
    with zipfile.ZipFile(parts[1], "w") as archive:
        archive.writestr(f"c/audio/{name}", chats.wav(450))
        archive.writestr(f"c/audio/{name.replace(ASSET + '1', ASSET + '2')}", chats.wav(2_000))
    export = toolkit.load(*(part.getvalue() for part in parts))

    assert export.records.select("audio_files", "audio_found", "audio_seconds").row(0) == ([f"{ASSET}1"], 1, 0.45)
    assert extra(export.records.row(0, named=True))["answer_clips"] == [f"{ASSET}2"]
    assert export.problems["code"].to_list() == []  # the assistant's voice is no clip without an entry
    assert export.clip(f"{ASSET}1") == export.clip(name) == chats.wav(450)


def test_a_clip_that_is_not_there_has_a_stated_length_but_no_measured_one() -> None:
    record = only(heard("x"), users(seconds=3.0))

    assert (record["audio_found"], record["audio_seconds"], extra(record)["stated_seconds"]) == (0, None, 3.0)


def test_every_branch_is_read_and_one_clip_counts_once() -> None:
    asked, again = (node(name, "root", heard("hello"), users()) for name in ("a", "b"))
    other = node("c", "root", heard("else"), users(2))
    export = load(chat(asked, answer("a1", "a", "one"), answer("a2", "a", "two"), again, other, current_node="c"))
    rows = {row["transcript"]: row for row in export.records.filter(pl.col("duplicate_of").is_null()).to_dicts()}

    assert {text: row["response"] for text, row in rows.items()} == {"hello": "one\ntwo", "else": None}
    assert {text: extra(row)["branch"] for text, row in rows.items()} == {"hello": "other", "else": "current"}
    assert export.records["duplicate_of"].null_count() == 2


def test_an_answer_is_what_the_assistant_says_to_the_user_below_a_message_whatever_stands_between() -> None:
    nodes = [
        answer("z", "tool", "found it"),  # before its parent
        node("a", None, heard("look it up")),
        answer("b", "a", 'search("x")', recipient="browser"),
        node("tool", "b", "a page", role="tool"),
        answer("think", "a", "hm", content={"content_type": "thoughts", "parts": ["hm"]}),
        node("n", "z", heard("thanks")),
        answer("o", "n", heard("you are welcome", "out")),
    ]

    assert load(chat(*nodes)).records["response"].to_list() == ["found it", "you are welcome"]


def test_children_link_where_the_parent_is_missing() -> None:
    asked = {**node("a", None, heard("x")), "children": ["b", 7, None]}

    assert load(chat(asked, answer("b", None, "y"))).records["response"].to_list() == ["y"]


def test_spoken_answers_to_typed_messages_are_counted() -> None:
    export = load(chat(node("a", None, "typed"), answer("b", "a", heard("said", "out"))))

    assert "1 spoken answers to no spoken message" in export.files["note"][0]


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        (1737819521.015962, 1737819521_015962),
        (1737819538.499355, 1737819538_499355),
        (1763596799.9999996, 1763596800_000000),
        (1737819521, 1737819521_000000),
        (0, None),
        (None, None),
        ("1737819521", None),
        (True, None),
    ],
)
def test_times_are_exact_to_the_microsecond_or_empty(written: Any, micros: int | None) -> None:
    record = only(heard("x"), create_time=written)
    time = record["time"]

    assert (time and (time - datetime(1970, 1, 1, tzinfo=UTC)) / (datetime.resolution)) == micros
    assert record["time_basis"] == ("none" if micros is None else "utc")


@given(st.integers(946_684_800_000_000, 1_763_000_000_000_000))
def test_no_microsecond_is_lost_in_a_float(micros: int) -> None:
    assert messages.micros(json.loads(json.dumps(micros / 1_000_000))) == micros


@pytest.mark.parametrize("written", ["NaN", "Infinity", "1e400", "-1e300", "1" + "0" * 400, "-5", "1" + "0" * 5_000])
def test_a_time_that_is_none_costs_the_time_and_not_the_message(written: str) -> None:
    data = json.dumps([chat(node("a", None, heard("x"), create_time=17))]).replace("17,", written + ",")
    export = toolkit.load(data.encode())

    if len(written) > 4_300:  # no reader here takes such a number
        assert export.problems["code"].to_list() == ["bad_number", "no_entries"]
        assert account(export) == (1, 0, 1, 0)
    else:
        assert export.records.select("transcript", "time").rows() == [("x", None)]
        assert {"not_a_number", "time_impossible"} & set(export.problems["code"])


def test_a_size_that_contradicts_its_length_is_told() -> None:
    right, wrong = node("a", None, heard("x"), users()), node("b", None, heard("x"), users(2, size_bytes=200_000))
    export = load(chat(right, wrong))

    assert export.problems.filter(code="clip_size").select("severity", "source_row").rows() == [("note", 2)]


def test_keys_without_a_column_are_kept() -> None:
    record = only(heard("x"), users(), metadata={"new": {"a": 1}}, stated_seconds="theirs")

    assert extra(record)["metadata"] == {"new": {"a": 1}}
    assert extra(record)["stated_seconds (rest)"] == "theirs"
    assert extra(record)["conversation"] == {"conversation_id": "c", "title": "t"}
    assert "text" not in extra(record)["content"]["parts"][0]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("name", ["conversations.json", "conversations-003.json", "a/b/Conversations (1).json"])
def test_both_envelopes_under_any_such_name_are_read(wrapped: bool, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        chats.write(chats.chats(6), stream, wrapped=wrapped)

    assert toolkit.load(path).records.equals(
        toolkit.load(path.read_bytes()).records.with_columns(source_file=pl.lit(path.name))
    )


def test_an_export_with_no_conversation_in_it_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "conversations.json").write_bytes(b"[]")

    with pytest.raises(toolkit.problems.NotAnExport, match="ChatGPT export without any conversation"):
        toolkit.load(tmp_path / "conversations.json")


def test_a_conversation_larger_than_a_block_keeps_its_answers() -> None:
    nodes = []
    for n in range(1_500):
        nodes += [node(f"q{n}", f"a{n - 1}", heard(f"ask {n}")), answer(f"a{n}", f"q{n}", f"say {n}")]
        nodes += [node(f"s{n}", f"a{n}", "", role="system"), node(f"t{n}", f"s{n}", "typed")]
    data = json.dumps([chat(*nodes, current_node="a0")]).encode()
    export = toolkit.load(data, limits=Limits(block=100_000))

    assert account(export) == (3_000, 1_500, 0, 1_500)
    asked = export.records["transcript"].str.strip_prefix("ask ")
    assert asked.equals(export.records["response"].str.strip_prefix("say "))
    assert asked.to_list() == list(map(str, range(1_500)))
    assert not any("branch" in text for text in export.records["extra"].head(100))  # not told where not all is in view


@pytest.mark.long
def test_a_conversation_of_100_000_nodes_is_read_to_its_end() -> None:
    nodes = [node("q0", None, heard("0"))]
    for n in range(50_000):
        nodes += [answer(f"a{n}", f"q{n}", str(n)), node(f"q{n + 1}", f"a{n}", heard(str(n + 1)))]
    records = load(chat(*nodes)).records

    assert records.height == 50_001
    assert records["response"][:-1].equals(records["transcript"][:-1])


HOSTILE = [
    chat(node("a", "b", heard("x")), answer("b", "a", "y"), answer("c", "c", "z"), node("d", "d", heard("w"))),
    chat({**node("a", None, heard("x")), "children": {"b": 1}}, current_node=["a"]),
    chat({"id": "a", "message": None}, {"id": "b"}, {"id": "c", "message": {}}),
    chat(node("a", None, heard("x"), author="me"), node("b", None, heard("x"), author=None)),
    chat(node("a", None, heard("x"), content="text", metadata={"dictation": 1})),
    chat(node("a", None, content={"parts": {"0": "x"}}, metadata=[{"dictation": True}])),
    chat(node("a", None, heard("x"), metadata={"dictation": "yes"}, id=17)),
    chat(node("a", None, {"content_type": ["audio_transcription"]}, None, 7, [heard("x")], heard("y"))),
    chat(node("a", None, {"content_type": "audio_transcription", "text": {"a": 1}})),
    chat(node("a", None, users(expiry_datetime="soon", size_bytes="big", metadata=None, format=None))),
    chat(node("a", None, users(expiry_datetime="2025-01-01T00:00:00", metadata={"start": 1e308, "end": -1e308}))),
    chat(node("a", None, users(expiry_datetime="0001-01-01T00:00:00+14:00", metadata={"start": -1e308, "end": 1e308}))),
    chat(node("a", None, users(asset_pointer=None), users(asset_pointer="///"), users(asset_pointer={"x": 1}))),
    chat(node("a", None, heard("x\ud800"), title="\udfff"), title="\ud800" * 500, voice={"a": 1}),
    {"mapping": {"a": 1, "b": None, "c": "x", "d": [], "e": {"message": "x"}, "f": {"message": [heard("x")]}}},
    {"mapping": {"a": node("a", None, heard("x"), deep=json.loads("[" * 100 + "]" * 100))}},
]


@pytest.mark.parametrize("hostile", range(len(HOSTILE)))
def test_hostile_shapes_cost_no_other_message_and_the_account_adds_up(hostile: int) -> None:
    good = chat(node("good", None, heard("good"), users(9)), answer("fine", "good", "fine"))
    export = load(HOSTILE[hostile], good)
    carved, understood, rejected, left_out = account(export)

    assert carved == understood + rejected + left_out
    assert export.records.schema == RECORDS
    assert export.records.filter(transcript="good")["response"].to_list() == ["fine"]
    assert all(json.loads(text) for text in export.records["extra"])


@pytest.mark.parametrize(
    ("hostile", "rows"),
    [
        (0, [("x", "y"), ("w", None)]),
        (1, [("x", None)]),
        (3, [("x", None), ("x", None)]),
        (4, [(None, None)]),
        (7, [("y", None)]),
        (13, [("x�", None)]),
    ],
)
def test_of_hostile_shapes_is_read_what_can_be(hostile: int, rows: list[tuple[str | None, str | None]]) -> None:
    assert load(HOSTILE[hostile]).records.select("transcript", "response").rows() == rows


def test_a_thousand_users_of_one_answer_do_not_read_it_a_thousand_times() -> None:
    asked = [{**node(f"q{n}", None, heard("x")), "children": ["a"] * 500} for n in range(1_000)]
    chain = [answer(f"a{n}" if n else "a", f"a{n - 1}" if n > 1 else "a" if n else None, "y") for n in range(1_000)]
    records = load(chat(*asked, *chain)).records

    assert records["response"].null_count() == 999
    assert records["response"].drop_nulls().str.count_matches("y").to_list() == [1_000]


TEXT = st.sampled_from(["hello", "", "é", "😀", "audio_transcription", "a\\u0041", '"dictation": true', "\ud800"])
PART = st.one_of(
    TEXT,
    st.none(),
    st.integers(),
    st.builds(heard, TEXT, st.sampled_from(["in", "out"])),
    st.builds(users, st.integers(1, 4), st.floats(0, 3, allow_nan=False)),
    st.builds(pointer, st.integers(1, 4)),
    st.just({"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"}),
)
METADATA = st.dictionaries(st.sampled_from([*messages.FLAGS, "other"]), st.sampled_from([True, False, None, 0, 1, "x"]))
NODE = st.builds(
    lambda name, parent, role, parts, metadata: node(f"n{name}", parent, *parts, role=role, metadata=metadata),
    st.integers(0, 12),
    st.none() | st.integers(0, 12).map("n{}".format),
    st.sampled_from(["user", "user", "assistant", "tool", "system"]),
    st.lists(PART, max_size=3),
    METADATA,
)
ODD = st.builds(
    lambda one, key, value: {**one, "message": {**one["message"], key: value}},
    NODE,
    st.sampled_from(["author", "content", "metadata", "create_time", "new"]),
    st.sampled_from([None, [], {}, "x", 3, 10**30, float("nan"), {"role": "user", "parts": ["x"]}]),
)
CHAT = st.lists(NODE | ODD, max_size=6).map(lambda nodes: chat(*nodes))
LAYOUT = st.sampled_from([{"separators": (",", ":")}, {}, {"indent": 1}, {"indent": "\t", "ensure_ascii": False}])


def read(
    data: bytes, most: int = 1 << 20, limits: Limits = DEFAULT
) -> tuple[list[dict[str, Any]], list[Any], int, str]:
    @contextmanager
    def opened() -> Iterator[Trickle]:
        yield Trickle(data, most)

    context = Context(data[:65_536], None, None, limits)
    loose = list(conversations.read(Document("conversations.json", opened), context))
    rows = [row for one in loose for row in one.frame.to_dicts()]
    return rows, [(one.rejects, one.faults) for one in loose], sum(one.left_out for one in loose), context.note


def written(talks: list[Any], layout: dict[str, Any]) -> bytes:
    return json.dumps(talks, **layout).encode("utf-8", "surrogatepass")


def said(message: dict[str, Any]) -> str | None:
    """What the user said in a message, None if it is typed or another's: the parser's rules, written a second time."""
    content, metadata, author = (message.get(key) or {} for key in ("content", "metadata", "author"))
    found = content.get("parts") if isinstance(content, dict) else []
    parts = [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
    role = author.get("role") if isinstance(author, dict) else None
    if role != "user" and (role is not None or all(part.get("direction") != "in" for part in parts)):
        return None
    voice = {"audio_transcription", "audio_asset_pointer", "real_time_user_audio_video_asset_pointer"}
    flagged = isinstance(metadata, dict) and any(metadata.get(flag) for flag in messages.FLAGS)
    if not flagged and all(part.get("content_type") not in voice for part in parts):
        return None
    texts = [part["text"] for part in parts if part.get("content_type") == "audio_transcription"]
    texts += [part for part in found if isinstance(part, str)] if isinstance(found, list) else []
    return "\n".join(filter(None, texts)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(st.lists(CHAT, max_size=4), LAYOUT)
def test_all_spoken_messages_are_read_and_all_typed_ones_counted(talks: list[Any], layout: dict[str, Any]) -> None:
    rows, _, left_out, note = read(written(talks, layout))
    every = [one["message"] for each in talks for one in each["mapping"].values()]
    authors = [one["author"] for one in every if said(one) is None]

    assert [row["transcript"] or "" for row in rows] == [text for one in every if (text := said(one)) is not None]
    assert left_out == sum(isinstance(author, dict) and author.get("role") == "user" for author in authors)
    assert f"{left_out:,} typed messages" in note


@given(st.lists(CHAT, max_size=4), LAYOUT, st.sampled_from([1_000, 1 << 20]))
def test_passing_over_typed_chats_changes_nothing(talks: list[Any], layout: dict[str, Any], record: int) -> None:
    data, limits = written(talks, layout), Limits(json_record=record)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversations, "typed", lambda nodes: None)
        patch.setattr(conversations, "typed_whole", lambda conversation: None)
        slow = read(data, limits=limits)

    assert read(data, limits=limits) == slow


@given(st.lists(CHAT, min_size=1, max_size=3), LAYOUT, st.integers(1, 64), st.data())
def test_entries_do_not_depend_on_where_the_stream_is_cut(
    talks: list[Any], layout: dict[str, Any], most: int, data: st.DataObject
) -> None:
    text = bytearray(written(talks, layout))
    for _ in range(data.draw(st.integers(0, 3), label="damages")):
        at = data.draw(st.integers(0, len(text) - 1), label="where")
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3), label="bytes")
    limits = Limits(block=2_000, json_record=1_500)

    assert read(bytes(text), most, limits) == read(bytes(text), limits=limits)


@given(st.lists(CHAT, max_size=3), st.integers(200, 3_000))
def test_in_the_order_of_time_no_answer_is_lost_between_pieces(talks: list[Any], block: int) -> None:
    nodes = []
    for n in range(12):
        nodes += [node(f"q{n}", f"a{n - 1}", heard(f"{n}")), answer(f"a{n}", f"q{n}", f"{n}")]
    rows = read(written([*talks, chat(*nodes)], {}), limits=Limits(block=block, json_record=1_000))[0][-12:]

    assert [row["response"] for row in rows] == [row["transcript"] for row in rows] == [str(n) for n in range(12)]
