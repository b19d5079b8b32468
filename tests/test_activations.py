"""Activations: what belongs together, what is never an accident, and how certain anything is."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit
from toolkit import rules, schema
from toolkit.activations import CLASSES, COLUMNS, LISTED
from toolkit.activations.explain import explanations, rates
from toolkit.activations.measure import PRIORS, expected, precision
from toolkit.activations.tally import tally
from toolkit.casefile import Case, Tick
from toolkit.problems import ToolkitError

SAMPLES = Path(__file__).parent.parent / "sample_exports"
NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)
TALK = "and then he said he was going to"
ASK = "turn on the kitchen light"


def entry(
    seconds: float | None = 0, text: str | None = None, status: str = "understood", **more: Any
) -> dict[str, Any]:
    time = None if seconds is None else NOON + timedelta(seconds=seconds)
    basis = "none" if seconds is None else "utc"
    row = {"time": time, "time_basis": basis, "transcript": text, "status": status, "device_id": "G0SYN1"}
    return {"vendor": "amazon", "product": "alexa", "format": "amazon_rvh", **row, **more}


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    told = [{"source_file": "f", "source_row": n, **row} for n, row in enumerate(rows, 1)]
    frame = pl.DataFrame(told, schema_overrides={"time": pl.Datetime("us", "UTC")}, infer_schema_length=None)
    conformed, _ = schema.conform(frame, now=datetime(2030, 1, 1, tzinfo=UTC))
    return conformed.with_columns(record_id=pl.format("amazon-{}", "source_row"))


def judge(*rows: dict[str, Any], **options: Any) -> pl.DataFrame:
    return toolkit.activations(records(*rows), **options)


def together(*rows: dict[str, Any]) -> list[list[int]]:
    """Which rows, by number from 1, lie in one activation."""
    ids = judge(*rows)["record_ids"].to_list()
    return sorted(sorted(int(id_.removeprefix("amazon-")) for id_ in one) for one in ids)


def classes(*rows: dict[str, Any], **options: Any) -> list[str | None]:
    return judge(*rows, **options)["accidental"].to_list()


# What belongs together


def test_the_two_halves_of_one_utterance_are_one_activation_whatever_the_first_is_called() -> None:
    halves = entry(0, "alexa", "wake_word_only", utterance_id="a.b/0"), entry(40, ASK, utterance_id="a.b/1")
    assert together(*halves) == [[1, 2]]
    marked = entry(0, None, "not_intended", utterance_id="a.b/0"), entry(40, ASK, utterance_id="a.b/1")
    assert together(*marked) == [[1, 2]]
    assert classes(*marked) == ["no_sign"]


def test_a_zero_at_the_end_of_an_id_does_not_make_a_half() -> None:
    assert together(entry(0, ASK, utterance_id="a/0"), entry(5, ASK, utterance_id="b/0")) == [[1], [2]]


def test_two_requests_are_never_joined_not_even_under_one_id() -> None:
    assert together(entry(0, ASK), entry(2, "stop")) == [[1], [2]]
    assert together(entry(0, ASK, utterance_id="a/0"), entry(2, "stop", utterance_id="a/1")) == [[1], [2]]
    half = entry(1, "alexa", "wake_word_only", utterance_id="a/1")
    assert together(entry(0, ASK, utterance_id="a/0"), half, entry(2, "stop", utterance_id="a/2")) == [[1], [2, 3]]


def test_a_wake_word_joins_what_follows_within_ten_seconds_on_its_device() -> None:
    wake = entry(0, "alexa", "wake_word_only")
    assert together(wake, entry(10, ASK)) == [[1, 2]]
    assert together(wake, entry(10.1, ASK)) == [[1], [2]]
    assert together(wake, entry(5, None, "silence")) == [[1, 2]]
    assert together(wake, entry(3, ASK, device_id="other")) == [[1], [2]]
    assert together(wake, entry(3, None, "suggestion")) == [[1], [2]]


def test_only_the_bare_wake_word_joins_an_entry_without_a_request() -> None:
    assert together(entry(0, None, "no_intent"), entry(4, None, "no_intent")) == [[1], [2]]
    assert together(entry(0, None, "no_intent"), entry(4, ASK)) == [[1, 2]]


def test_a_wake_word_tried_three_times_is_one_activation_with_the_request_at_its_end() -> None:
    wakes = [entry(n * 4, "hey alexa", "wake_word_only") for n in range(3)]
    assert together(*wakes, entry(12, ASK)) == [[1, 2, 3, 4]]


def test_ids_that_differ_keep_a_text_less_entry_from_a_request_but_not_a_wake_word() -> None:
    other = entry(4, ASK, utterance_id="b")
    assert together(entry(0, None, "false_wake", utterance_id="a"), other) == [[1], [2]]
    assert together(entry(0, "alexa", "wake_word_only", utterance_id="a"), other) == [[1, 2]]


def test_an_id_that_is_repeated_all_over_a_file_joins_nothing_that_is_a_minute_apart() -> None:
    days = [entry(n * 86_400, None, "no_intent", utterance_id="0") for n in range(4)]
    assert together(*days) == [[1], [2], [3], [4]]
    same = {"utterance_id": "a"}
    assert together(entry(0, None, "silence", **same), entry(60, ASK, **same)) == [[1, 2]]
    assert together(entry(0, None, "silence", **same), entry(60.1, ASK, **same)) == [[1], [2]]
    late = entry(86_400, None, "false_wake", utterance_id="0")
    assert classes(entry(0, ASK, utterance_id="0"), late) == ["no_sign", "provider_marked"]


def test_an_id_joins_entries_of_which_no_time_is_known() -> None:
    assert together(entry(None, None, "false_wake", utterance_id="a/0"), entry(None, ASK, utterance_id="a/1")) == [
        [1, 2]
    ]


def test_a_mark_that_leads_to_no_request_is_no_half_of_the_wake_word_before_it() -> None:
    wake, mark = entry(0, "alexa", "wake_word_only"), entry(4, None, "false_wake")
    assert together(wake, mark) == [[1], [2]]
    assert classes(wake, mark) == ["cannot_tell", "provider_marked"]
    assert together(wake, mark, entry(8, ASK)) == [[1, 2, 3]]
    discarded = entry(4, None, "not_intended", status_text="DISCARDED_NON_DEVICE_DIRECTED_INTENT")
    assert together(wake, discarded) == [[1, 2]]


def test_a_mark_on_half_of_an_utterance_counts_only_if_no_other_half_holds_the_wake_word() -> None:
    mark, same = entry(0, None, "false_wake", utterance_id="a/0"), {"utterance_id": "a/1"}
    assert classes(mark, entry(3, None, "false_wake", **same)) == ["provider_marked"]
    assert classes(mark, entry(3, None, "silence", **same)) == ["provider_marked"]
    one = judge(mark, entry(3, "alexa", "wake_word_only", **same)).row(0, named=True)
    assert (one["accidental"], [reason["rule"] for reason in one["reasons"]]) == ("cannot_tell", ["silence"])


def test_the_entry_that_decides_also_says_of_what_kind_the_words_are() -> None:
    wake = entry(0, None, "silence", utterance_id="a", format="amazon_rah_turns")
    one = judge(wake, entry(2, ASK, utterance_id="a")).row(0, named=True)
    assert (one["format"], one["accidental"]) == ("amazon_rvh", "no_sign")


def test_a_copy_lies_in_the_activation_of_its_original() -> None:
    assert together(entry(0, ASK), entry(500, ASK, duplicate_of="amazon-1")) == [[1, 2]]
    assert together(entry(0, ASK), entry(500, ASK, duplicate_of="not here")) == [[1], [2]]


def test_what_is_no_voice_does_not_part_two_halves() -> None:
    assert together(entry(0, None, "not_intended"), entry(1, None, "routine"), entry(2, ASK)) == [[1, 3], [2]]


def test_a_half_comes_before_the_request_of_the_same_second_whatever_the_order_of_the_file() -> None:
    halves = entry(0, ASK), entry(0, None, "not_intended")
    assert together(*halves) == together(*reversed(halves)) == [[1, 2]]


def test_wall_clocks_of_an_unknown_zone_are_never_paired_across_files() -> None:
    wake, ask = (entry(n, text, time_basis="zone_unknown") for n, text in ((0, None), (2, ASK)))
    assert together(wake, ask) == [[1, 2]]
    assert together(wake, {**ask, "source_file": "another"}) == [[1], [2]]


def test_an_entry_that_was_read_twice_counts_once() -> None:
    wake, ask = entry(0, "alexa", "wake_word_only"), entry(2, ASK)
    events = judge(wake, ask, {**wake, "duplicate_of": "amazon-1"}, {**ask, "duplicate_of": "amazon-2"})
    assert events["record_ids"].list.len().to_list() == [4]
    assert tally(events).total == (1, 2)
    assert toolkit.summary(events)["entries"].to_list() == [2]


def test_a_copy_is_no_other_entry_soon_before() -> None:
    copy = entry(-20, None, "no_intent", duplicate_of="amazon-2")
    assert classes(copy, entry(0, None, "no_intent")) == classes(entry(0, None, "no_intent")) == ["possible"]


def test_entries_without_a_time_stand_alone() -> None:
    assert together(entry(None, "alexa", "wake_word_only"), entry(None, ASK)) == [[1], [2]]
    for status in ("no_intent", "wake_word_only"):  # of the time around them nothing is said
        one = judge(entry(None, None, status)).row(0, named=True)
        assert (one["accidental"], one["reasons"]) == ("cannot_tell", [])


_rows = st.lists(
    st.tuples(
        st.none() | st.integers(0, 60),
        st.sampled_from([None, "alexa", ASK, TALK, "zzz"]),
        st.sampled_from(list(schema.STATUSES)),
        st.sampled_from([None, "G1", "G2"]),
        st.sampled_from([None, "u", "u/0", "u/1", "v/0"]),
        st.sampled_from([None, "amazon-1", "amazon-2", "amazon-3", "not here"]),
    ),
    max_size=25,
)


@settings(max_examples=50)
@given(_rows, st.booleans(), st.booleans())
def test_every_entry_lies_in_exactly_one_activation(rows: list[tuple[Any, ...]], facts_only: bool, wall: bool) -> None:
    frame = (
        records(
            *(
                entry(
                    s,
                    text,
                    status,
                    device_id=d,
                    utterance_id=u,
                    duplicate_of=o,
                    **({"time_basis": "zone_unknown"} if wall else {}),
                )
                for n, (s, text, status, d, u, o) in enumerate(rows, 1)
            )
        )
        if rows
        else schema.RECORDS.to_frame()
    )
    events = toolkit.activations(frame, facts_only=facts_only)
    assert events.columns == COLUMNS
    assert sorted(events["record_ids"].explode().drop_nulls()) == sorted(frame["record_id"])
    assert events["activation_id"].n_unique() == events.height
    assert (events["activation_id"] == events["record_ids"].list.first()).all()
    assert events.filter((pl.col("kind") != "voice") & pl.col("accidental").is_not_null()).is_empty()
    if not facts_only:
        assert events.filter((pl.col("kind") == "voice") & pl.col("accidental").is_null()).is_empty()
    assert events.filter((pl.col("accidental") == "cannot_tell") & pl.col("probability").is_not_null()).is_empty()


@settings(max_examples=50)
@given(_rows, st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(rows: list[tuple[Any, ...]], dice: random.Random) -> None:
    made = [
        entry(n * 7 + (s or 0) / 100, t, status, device_id=d, utterance_id=u)
        for n, (s, t, status, d, u, _) in enumerate(rows)
    ]
    if not made:
        return
    frame = records(*made)
    order = list(range(frame.height))
    dice.shuffle(order)
    one, other = toolkit.activations(frame), toolkit.activations(frame[order])
    assert one.equals(other)


def test_an_activation_has_all_its_clips_and_the_words_of_its_request() -> None:
    wake = entry(0, "alexa", "wake_word_only", audio_files=["a.wav"], audio_seconds=0.5)
    one = judge(wake, entry(2, ASK, audio_files=["b.wav"], audio_seconds=1.5, person="P")).row(0, named=True)
    assert (one["audio_files"], one["audio_seconds"]) == (["a.wav", "b.wav"], 2.0)
    assert (one["transcript"], one["person"], one["time"]) == (ASK, "P", NOON)


# What is never an accident


def test_halves_losers_and_what_is_no_voice_are_never_counted_as_accidental() -> None:
    for status in ("duplicate_device", "routine", "suggestion", "typed", "no_audio_kept", "no_request"):
        assert classes(entry(0, TALK, status)) == [None]
    assert judge(entry(0, TALK, "duplicate_device"))["kind"].to_list() == ["duplicate"]
    assert classes(entry(0, "alexa", "wake_word_only"), entry(2, "alexa spiel", "duplicate_device")) == [None]
    for status in ("not_intended", "false_wake", "wake_word_only"):
        assert classes(entry(0, None, status), entry(2, ASK)) == ["no_sign"]
    assert classes(entry(0, "alexa", "wake_word_only"), entry(5, None, "silence")) == ["cannot_tell"]
    assert classes(entry(0, "alexa", "wake_word_only")) == ["cannot_tell"]


def test_the_counted_history_is_classed_as_the_format_document_reads_it() -> None:
    """Rows shaped like the 456 counted ones: numbers, gaps and pairs of the document, words invented."""
    rows, clock = [], 0.0

    def at(gap: float, text: str | None, status: str) -> None:
        nonlocal clock
        clock += gap
        rows.append(entry(clock, text, status))

    followers = [("understood", ASK)] * 62 + [("silence", None)] * 11 + [("no_intent", None)] * 7
    followers += [("silence", None)] * 2 + [("duplicate_device", "alexa spiel")] * 2
    for n, (status, text) in enumerate(followers):
        at(900, "alexa", "wake_word_only")
        at(5.0 if status == "silence" else (0.8, 1.8, 2.1, 3.8)[n % 4], text, status)
    for gap in (900, 2.0, 2.0, 14, 1380):  # two more are followed by a wake word; the last three by nothing in time
        at(gap, "alexa", "wake_word_only")
    for _ in range(17):
        at(900, ASK, "understood")
        at(20, None, "no_intent")
    for _ in range(10):
        at(60, None, "no_intent")
    for _ in range(3):
        at(300, None, "false_wake")
    at(900, None, "silence")
    for status in ["no_audio_kept"] * 15 + ["suggestion"] * 7 + ["routine"] * 3:
        at(900, None, status)
    for _ in range(5):
        at(900, "alexa wie ist die", "duplicate_device")
    while len(rows) < 456:
        at(900, ASK, "understood")
    events = judge(*rows)
    assert events["record_ids"].list.len().sum() == 456
    counted = dict(events["accidental"].drop_nulls().value_counts().iter_rows())
    assert counted["provider_marked"] == 3
    assert counted["possible"] == 10  # no request found, and nobody spoke to the device in the 30 s before
    assert "likely" not in counted
    assert counted["no_sign"] == sum(row["status"] == "understood" for row in rows)
    assert dict(events["kind"].value_counts().iter_rows())["duplicate"] == 7
    assert dict(events["kind"].value_counts().iter_rows())["not_voice"] == 25
    halves = {f"amazon-{n}" for n, row in enumerate(rows, 1) if row["status"] == "wake_word_only"}
    listed = set(events.filter(pl.col("accidental").is_in(LISTED))["record_ids"].explode())
    assert not halves & listed


def test_a_device_woken_for_nothing_is_listed_where_the_maker_keeps_only_such() -> None:
    for form in ("ovos_listener", "home_assistant_debug"):
        one = judge(entry(0, None, "wake_word_only", format=form, vendor="ovos", product="ovos")).row(0, named=True)
        assert (one["accidental"], one["probability"]) == ("possible", None)
        assert [reason["rule"] for reason in one["reasons"]] == ["woken_for_nothing"]


# How certain


@pytest.mark.parametrize(("prior", "percent"), [(0.02, 16.9), (0.05, 34.4), (0.10, 52.5), (0.15, 63.7)])
def test_the_makers_mark_gives_the_posterior_that_was_measured(prior: float, percent: float) -> None:
    for status in ("false_wake", "not_intended"):
        one = judge(entry(0, None, status), entry(60, ASK), prior=prior).row(0, named=True)
        assert one["accidental"] == "provider_marked"
        assert round(one["probability"] * 100, 1) == percent


def test_the_marks_weight_is_the_logarithm_of_the_counted_ratio() -> None:
    mark = next(rule for rule in rules.table("evidence")["rule"] if rule["name"] == "maker_mark")
    (flagged, false), (wrongly, true) = mark["counts"].values()
    assert mark["weight"] == pytest.approx(math.log(flagged / false / (wrongly / true)), abs=5e-4)


def test_what_a_maker_writes_where_it_keeps_no_text_is_no_request() -> None:
    for text in ("Audio was not intended for Alexa", "Text not available – audio was not intended for Alexa."):
        assert classes(entry(0, text, "unknown")) == ["provider_marked"]
    assert classes(entry(0, "Text nicht verfügbar – Audio war nicht für Alexa bestimmt", "unknown")) == [
        "provider_marked"
    ]
    assert classes(entry(0, "No text stored", "unknown")) == ["cannot_tell"]
    assert classes(entry(0, "Audio could not be understood", "unknown")) == ["cannot_tell"]


def test_without_words_there_is_no_probability_and_no_total() -> None:
    events = judge(*(entry(n * 900, None, "unknown") for n in range(20)))
    assert events["accidental"].unique().to_list() == ["cannot_tell"]
    assert events["probability"].null_count() == 20
    assert expected(events, 0.05)["expected"].to_list() == [0, 0, 0, 0]


def test_no_text_is_likely_at_two_percent_and_the_clearest_is_at_five() -> None:
    clear = entry(0, "and then she said they were not there because he had left so we")
    assert classes(clear) == ["likely"]
    assert classes(clear, prior=0.02) == ["possible"]


def test_a_request_within_two_minutes_speaks_against_an_accident() -> None:
    alone = judge(entry(0, TALK))["probability"][0]
    near = judge(entry(0, TALK), entry(100, ASK))["probability"][0]
    other = judge(entry(0, TALK), entry(100, ASK, device_id="other"))["probability"][0]
    assert math.log(alone / (1 - alone)) - math.log(near / (1 - near)) == pytest.approx(0.5)
    assert other == alone


def test_a_request_without_a_time_lends_no_other_device_its_neighbours() -> None:
    for other in "BCDEFGHI":
        rows = entry(0, TALK, device_id="A"), entry(None, ASK, device_id="A"), entry(5, ASK, device_id=other)
        reasons = judge(*rows).filter(transcript=TALK)["reasons"][0]
        assert "session" not in {reason["rule"] for reason in reasons}


def test_what_amazon_discarded_is_a_weaker_sign_than_its_mark() -> None:
    old = {"status_text": "DISCARDED_NON_DEVICE_DIRECTED_INTENT", "format": "amazon_legacy"}
    one = judge(entry(0, None, "not_intended", **old)).row(0, named=True)
    assert (one["accidental"], one["probability"]) == ("possible", None)
    assert [reason["rule"] for reason in one["reasons"]] == ["discarded"]
    assert classes(entry(0, ASK, "not_intended", **old)) == ["no_sign"]
    assert classes(entry(0, None, "not_intended", **old), entry(2, ASK)) == ["no_sign"]
    assert judge(entry(0, None, "not_intended", **old), facts_only=True)["accidental"].to_list() == [None]
    assert classes(entry(0, None, "false_wake", status_text="FALSE_WAKE_WORD_1P")) == ["provider_marked"]


def test_reasons_name_the_rule_its_weight_and_its_source_strongest_first() -> None:
    reasons = judge(entry(0, TALK))["reasons"][0].to_list()
    assert all(reason["says"] and reason["source"] for reason in reasons)
    weights = [abs(reason["weight"]) for reason in reasons]
    assert weights == sorted(weights, reverse=True)
    assert {reason["rule"] for reason in reasons} >= {"en.third_person", "en.continues", "en.past_tense"}


def test_facts_only_shows_the_makers_marks_and_no_judgement() -> None:
    events = judge(entry(0, TALK), entry(900, None, "false_wake"), entry(1900, None, "no_intent"), facts_only=True)
    assert events["accidental"].to_list() == [None, "provider_marked", None]
    assert events["probability"].null_count() == 3
    assert [len(reasons) for reasons in events["reasons"]] == [0, 1, 0]
    assert events["reasons"][1][0]["weight"] is None
    assert events["status"].to_list() == ["understood", "false_wake", "no_intent"]


def test_a_conversation_is_not_judged_by_rules_for_commands() -> None:
    turn = {"format": "amazon_rah", "status_text": "conversation"}
    for more in ({"vendor": "openai", "product": "chatgpt_voice"}, {"format": "amazon_rah_turns"}, turn):
        one = judge(entry(0, TALK, **more)).row(0, named=True)
        assert (one["accidental"], [reason["rule"] for reason in one["reasons"]]) == ("cannot_tell", ["conversation"])


@pytest.mark.parametrize("product", ["apple_intelligence", "mapped"])
def test_words_that_nobody_says_were_spoken_are_not_judged(product: str) -> None:
    more = {"vendor": "other", "product": product}
    one = judge(entry(0, TALK, "unknown", **more)).row(0, named=True)
    assert (one["accidental"], [reason["rule"] for reason in one["reasons"]]) == ("cannot_tell", ["unstated"])
    assert classes(entry(0, TALK, "unknown", trigger="wake_word", **more)) == ["likely"]


@pytest.mark.parametrize(
    ("language", "text"), [("sv-SE", TALK), (None, "och sen sa han att vi skulle gå"), (None, "天気")]
)
def test_without_rules_for_the_language_words_are_not_judged(language: str | None, text: str) -> None:
    one = judge(entry(0, text, language=language)).row(0, named=True)
    assert (one["accidental"], one["speech"], one["probability"]) == ("cannot_tell", None, None)


def test_each_text_is_judged_in_its_own_language() -> None:
    events = judge(
        entry(0, "mach das licht in der küche an"),
        entry(900, "turn on the light in the kitchen"),
        entry(1800, "allume la lumière de la cuisine"),
        entry(2700, "enciende la luz de la cocina"),
        entry(3600, "accendi la luce della cucina"),
        entry(4500, "doe het licht in de keuken aan"),
    )
    assert events["speech"].to_list() == ["de", "en", "fr", "es", "it", "nl"]
    assert events["accidental"].unique().to_list() == ["no_sign"]


@pytest.mark.parametrize("prior", [0, 1, -0.1, float("nan")])
def test_an_assumed_share_must_be_a_share(prior: float) -> None:
    with pytest.raises(ToolkitError):
        judge(entry(0, ASK), prior=prior)


# Histories


def history(accidents: float, talk: list[str], requests: list[str], count: int = 4_000) -> pl.DataFrame:
    dice = random.Random(7)  # noqa: S311 - the same history every time
    return judge(*(entry(n * 900, dice.choice(talk if dice.random() < accidents else requests)) for n in range(count)))


def listed(events: pl.DataFrame) -> float:
    return events.filter(pl.col("accidental").is_in(LISTED)).height / events.height


def test_the_length_of_the_list_tells_a_history_without_accidents_from_one_with_15_percent(shared: Path) -> None:
    lines = {path.stem: path.read_text("utf-8").splitlines() for path in (shared / "eval").glob("*directed/*.txt")}
    talk = lines["masc_meeting"] + lines["masc_interview"]
    requests = lines["slurp"]  # the hardest of the three
    none, some = history(0, talk, requests), history(0.15, talk, requests)
    assert listed(none) < 0.015
    assert listed(some) > 0.08
    assert none.filter(accidental="likely").height < 0.005 * none.height


# Whose speech is not that of the corpora; invented, and each a whole household's kind of talk to its assistant.
CHILD = [
    "play baby shark", "play it again", "tell me a story about a dragon", "are you my friend", "sing happy birthday",
    "what does a cow say", "how old are you", "i want the unicorn song", "can you fart", "knock knock",
    "why is the sky blue", "i love you", "do you like me", "mummy said i can have a story",
]  # fmt: skip
SINGER = [
    "let it go let it go", "play hey jude", "we will rock you", "never gonna give you up",
    "play the song that goes la la la", "hello is it me you are looking for",
    "play yesterday by the beatles", "i will always love you", "next song",
]  # fmt: skip
LEARNER = [
    "please to make light on", "what weather is tomorrow", "you can play music for me",
    "i am wanting set timer ten minute", "make the volume more small", "how is called the president of france",
    "put alarm at seven hour", "light kitchen off please",
]  # fmt: skip
POLITE = [
    "please turn on the light", "thank you", "thank you very much", "could you please play some jazz", "good morning",
    "would you be so kind as to set a timer", "good night", "sorry could you repeat that", "please stop thank you",
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "most"),
    [(CHILD, 0.15), (SINGER, 0.5), (LEARNER, 0.0), (POLITE, 0.0)],
    ids=["child", "singer", "learner", "polite"],
)
def test_people_the_corpora_do_not_hold_are_mostly_left_alone(said: list[str], most: float) -> None:
    events = judge(*(entry(n * 900, text, language="en-GB") for n, text in enumerate(said)))
    assert listed(events) <= most, events.filter(pl.col("accidental").is_in(LISTED))["transcript"].to_list()


# Beside the counts


def test_ticks_are_shown_and_change_no_judgement() -> None:
    before = judge(entry(0, TALK), entry(900, ASK))
    for ticks in ({"amazon-1": "meant"}, Case().ticked("amazon-1", Tick("meant"))):
        after = judge(entry(0, TALK), entry(900, ASK), ticks=ticks)
        assert after["tick"].to_list() == ["meant", None]
        assert after.drop("tick").equals(before.drop("tick"))
    with pytest.raises(ToolkitError):
        judge(entry(0, TALK), ticks={"amazon-1": "maybe"})


def test_precision_is_measured_from_fifty_ticks_on() -> None:
    rows = [entry(n * 900, TALK) for n in range(60)]
    ticks = {f"amazon-{n}": "accidental" if n % 10 else "meant" for n in range(1, 50)}
    assert precision(judge(*rows, ticks=ticks)) is None
    measured = precision(judge(*rows, ticks=ticks | {"amazon-50": "meant"}))
    assert measured is not None
    row = measured.row(0, named=True)
    assert (row["ticked"], row["right"], row["share"]) == (50, 45, 0.9)
    assert (row["low"], row["high"]) == (pytest.approx(0.7864, abs=1e-4), pytest.approx(0.9565, abs=1e-4))


def test_the_expectation_moves_with_the_assumption_and_the_counts_do_not() -> None:
    events = judge(*(entry(n * 900, TALK if n % 5 == 0 else ASK) for n in range(50)))
    table = expected(events, 0.05)
    assert table["prior"].to_list() == list(PRIORS)
    assert table["expected"].is_sorted()
    assert table["expected"][1] == pytest.approx(events["probability"].sum())
    again = judge(*(entry(n * 900, TALK if n % 5 == 0 else ASK) for n in range(50)), prior=0.15)
    assert table["expected"][3] == pytest.approx(again["probability"].sum())


def test_explanations_are_told_beside_and_never_scored() -> None:
    rows = [entry(n * 7 * 86_400, "the election was on that day and they said so") for n in range(3)]
    events = judge(*rows, entry(2, None, "unknown", device_id="G2"))
    found = explanations(events)
    assert dict(found["what"].value_counts().iter_rows()) == {"phrase": 3, "recurring": 3, "at_once": 2}
    assert found.filter(what="phrase")["detail"][0] == "election (for Alexa)"
    assert rates().height == 10


def test_summary_counts_activations_and_entries_and_estimates_nothing() -> None:
    events = judge(entry(0, "alexa", "wake_word_only"), entry(2, ASK), entry(40 * 86_400, TALK), entry(None, ASK))
    table = toolkit.summary(events, every="1mo", by="device_id")
    assert table["activations"].to_list() == [1, 1, 1]
    assert table["entries"].to_list() == [2, 1, 1]
    assert table["likely"].to_list() == [0, 1, 0]
    assert table["period"].null_count() == 1
    facts = toolkit.summary(judge(entry(0, ASK), entry(900, None, "false_wake"), facts_only=True))
    assert facts.select("voice", *CLASSES).row(0) == (2, 1, None, None, None, None)
    assert facts.schema == toolkit.summary(events).schema
    whole = toolkit.summary(events, every=None).row(0, named=True)
    assert whole["voice"] == sum(whole[name] for name in CLASSES) == 3
    for wrong in ({"every": "soon"}, {"by": "reasons"}, {"by": "nothing"}):
        with pytest.raises(ToolkitError):
            toolkit.summary(events, **wrong)


def test_google_is_said_to_mark_nothing_and_amazons_table_too() -> None:
    counts = tally(toolkit.activations(toolkit.load(SAMPLES / "google-takeout-json-en").records))
    assert (counts.marking, counts.silent) == (False, ("Google does not mark accidental activations.",))
    table = tally(toolkit.activations(toolkit.load(SAMPLES / "amazon-alexa-csv").records))
    assert not table.marking
    page = tally(toolkit.activations(toolkit.load(SAMPLES / "amazon-alexa-privacy-page").records))
    assert page.marking
    assert page.silent == ()
    assert page.classes["provider_marked"] == (40, 40)
