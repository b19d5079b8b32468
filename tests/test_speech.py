"""The rules for words: every one sourced, none stronger than its evidence, and the figures as they were measured."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit import rules
from toolkit.activations.evidence import status_rules
from toolkit.activations.language import chosen
from toolkit.activations.speech import CHARACTERS, LANGUAGES, masks, normalised, parsed, speech, spelled

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import accidental  # noqa: E402


def scores(texts: list[str], language: str = "en") -> pl.Series:
    of = speech(language)
    plain = normalised(pl.Series("text", texts)).to_frame().select(spelled(pl.col("text"), language)).to_series()
    found = masks(plain, of)
    total = pl.sum_horizontal(rule.expression.cast(pl.Float64) * (rule.weight or 0.0) for rule in of.rules)
    return found.select(total + of.intercept).to_series()


def signs(text: str) -> set[str]:
    of = speech("en")
    row = masks(spelled_one(text), of).select(rule.expression.alias(rule.name) for rule in of.rules).row(0, named=True)
    return {name for name, holds in row.items() if holds}


def spelled_one(text: str) -> pl.Series:
    return normalised(pl.Series("text", [text])).to_frame().select(spelled(pl.col("text"), "en")).to_series()


# The tables


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_weight_has_a_source_and_every_rule_a_plain_sentence(language: str) -> None:
    table = rules.table(f"speech/{language}")
    assert table["language"] == language
    assert table["standing"] == ("measured" if language == "en" else "experimental")
    for row in (*table["rule"], table["intercept"]):
        assert isinstance(row["weight"], float)
        assert row["source"]
    assert table["cap"]["source"]
    assert all(row["says"] for row in table["rule"])
    assert len({row["name"] for row in table["rule"]}) == len(table["rule"])


def test_every_status_rule_note_wording_and_phrase_has_a_source() -> None:
    table = rules.table("evidence")
    for kind in ("rule", "note", "wording", "marks"):
        assert all(row["source"] for row in table[kind])
    assert all(rule.says and rule.source for rule in status_rules())
    assert all(row["source"] for row in rules.table("wake_words")["phrases"])
    assert table["limits"]["source"]
    assert table["prior"]["source"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_and_phrase_of_a_language_is_used(language: str) -> None:
    table = rules.table(f"speech/{language}")
    used = " ".join(atom for row in table["rule"] for atom in row["when"])
    unused = [name for name in (*table["words"], *table.get("phrases", {})) if name not in used]
    assert unused in ([], ["function"])  # function words also tell the language


def test_words_alone_can_say_likely_at_five_percent_only_in_the_measured_language() -> None:
    limits = rules.table("evidence")["limits"]
    for language in LANGUAGES:
        odds = 0.05 / 0.95 * 2.718281828 ** speech(language).cap
        assert (odds / (1 + odds) >= limits["likely"]) == (language == "en")
        assert odds / (1 + odds) >= limits["possible"]


def test_a_mask_has_no_more_bits_than_a_number() -> None:
    table = dict(rules.table("speech/en"))
    table["words"] = {f"list{n}": "a" for n in range(70)}
    table["rule"] = []
    with pytest.raises(ValueError, match="64"):
        parsed(table)


# Words


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Alexa, turn on the light!", "turn on the light"),
        ("hey alexa", ""),
        ("Okay Google what's the time?", "what's the time"),
        ("alexa alexa", ""),
        ("alexandria is a city", "alexandria is a city"),
        ("I don’t know — really", "i don't know really"),
        ("alexa\nplay jazz\nstop", "play jazz"),
        ("_under_score_", "under score"),
        ("  spaces   everywhere ", "spaces everywhere"),
        ("Öffne die Tür", "öffne die tür"),
        ("'quoted'", "quoted"),
    ],
)
def test_a_text_is_spelled_as_the_rules_were_measured(said: str, plain: str) -> None:
    assert normalised(pl.Series([said]))[0] == plain


@given(st.text(max_size=80) | st.text("abc '’\n,é", max_size=80))
def test_spelling_twice_changes_nothing_but_a_second_wake_word(text: str) -> None:
    once = normalised(pl.Series([text]))
    assert normalised(once)[0] == once[0] or "\n" in text or "'" in once[0]
    assert len(once[0]) <= CHARACTERS + 200  # some letters grow in lower case
    assert "\n" not in once[0]


@given(st.lists(st.text("abz '’\n,éÄß1_alex", max_size=40), min_size=1, max_size=8))
def test_a_text_is_spelled_alike_in_whatever_company(texts: list[str]) -> None:
    assert normalised(pl.Series(texts)).to_list() == [normalised(pl.Series([text]))[0] for text in texts]


def test_signs_are_told_by_place() -> None:
    assert {"starts_with_command", "command_object", "topic_word"} <= signs("turn the light off")
    assert "unfinished" in signs("she went to the")
    assert "unfinished" not in signs("i told you that")
    assert "repeated_word" in signs("no no that one")
    assert "repeated_word" not in signs("no that no")
    assert {"words_18", "words_25"} <= signs("word " * 25)
    assert "words_25" not in signs("word " * 24)
    assert "past_ending" in signs("jumped")
    assert "past_ending" not in signs("bed")


def test_the_examples_of_the_notes_fall_on_their_side() -> None:
    requests = ["turn on the kitchen light", "what is the weather tomorrow", "play some music", "stop"]
    requests += ["can you turn off the lamp", "set a timer for ten minutes"]
    talk = ["i told you that already", "she went to the", "no i dont think so"]
    talk += ["they were at the store when i", "and then he said he was going to"]
    assert scores(requests).max() < 0  # type: ignore[operator]
    assert scores(talk).min() > 1.5  # type: ignore[operator]


def test_a_megabyte_of_text_is_judged_by_its_beginning() -> None:
    assert scores(["turn on the light " + "and then he said " * 60_000])[0] == scores(
        [("turn on the light " + "and then he said " * 60_000)[:CHARACTERS]]
    )[0]  # fmt: skip


# Languages


def test_a_history_lends_its_language_only_to_texts_that_have_a_word_of_it() -> None:
    english = ["turn on the light", "what is the weather", "play some music please", "who is that", "how are you"]
    texts = pl.DataFrame({"text": [*english, "stop", "zzz"], "language": pl.Series([None] * 7, dtype=pl.String)})
    told = dict(chosen(texts).select("text", "speech").iter_rows())
    assert (told["stop"], told["zzz"]) == ("en", None)
    mixed = ["mach das licht an", "was ist das für ein wetter", "ich bin in der küche", "wie spät ist es jetzt"]
    both = [*english[:4], *mixed, "stop"]
    texts = pl.DataFrame({"text": both, "language": pl.Series([None] * 9, dtype=pl.String)})
    assert dict(chosen(texts).select("text", "speech").iter_rows())["stop"] is None


OTHERS = {
    "pt": [
        "que horas são",
        "liga a luz na sala",
        "toca uma música",
        "e depois ele disse que não",
        "cancela o temporizador",
    ],
    "sv": ["tänd ljuset i köket", "vad är klockan", "och sen sa han att vi skulle gå", "jag vet inte vad hon sa"],
    "da": ["hvad er klokken", "spil noget musik", "og så sagde han at vi skulle gå", "sæt en timer på ti minutter"],
    "no": ["hva er klokka", "spill noe musikk", "og så sa han at vi skulle gå", "jeg vet ikke hva hun sa"],
}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_without_rules_is_not_taken_for_its_neighbour(language: str) -> None:
    others = OTHERS[language]
    texts = pl.DataFrame({"text": others, "language": pl.Series([None] * len(others), dtype=pl.String)})
    assert chosen(texts)["speech"].to_list() == [None] * len(others)


def test_a_history_in_two_languages_lends_neither_though_there_are_rules_for_one_only() -> None:
    english = ["turn on the light", "what is the weather", "play some music please", "who is that"]
    both = [*english, *OTHERS["pt"], "stop"]
    texts = pl.DataFrame({"text": both, "language": pl.Series([None] * len(both), dtype=pl.String)})
    assert dict(chosen(texts).select("text", "speech").iter_rows())["stop"] is None


def test_other_languages_words_have_a_source_and_only_portuguese_shares_any_with_the_six() -> None:
    table = rules.table("speech/others")
    assert table["source"]
    known = {word for language in LANGUAGES for word in speech(language).masks}
    for name, words in table["words"].items():
        assert name.startswith("pt") or not known & set(words.split())


@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "nl"])
def test_experimental_rules_leave_commands_alone_and_know_their_language(shared: Path, language: str) -> None:
    lines = (shared / "eval" / "directed" / f"ha_{language}.txt").read_text("utf-8").splitlines()
    assert (scores(lines, language) >= 2.1).sum() / len(lines) < 0.01  # what a prior of 5 % calls possible
    texts = pl.DataFrame({"text": lines, "language": pl.Series([None] * len(lines), dtype=pl.String)})
    assert chosen(texts).filter(speech=language).height > 0.9 * len(lines)


# The figures


def test_the_weights_are_those_the_sources_give_and_hold_on_sources_left_out(shared: Path) -> None:
    these = accidental.trial(accidental.DIRECTED, accidental.TALK, speech("en"))
    fitted = accidental.fit(these.parts(list(these.requests), list(these.talk)), these.signs) * accidental.SHRINK
    assert fitted[:-1] == pytest.approx([rule.weight for rule in speech("en").rules], abs=0.02)
    held = accidental.held_out(these, None)
    whole = [accidental.figures(one.talk, one.requests) for one in held]
    aucs, caught = [row[0] for row in whole], [row[3] for row in whole]
    assert len(held) == 12
    assert sum(aucs) / 12 >= 0.97
    assert min(aucs) >= 0.93
    assert sum(caught) / 12 >= 0.65
    table = rules.table("speech/en")["fitted"]["held_out_talk"]
    assert sum(aucs) / 12 == pytest.approx(table["auc"], abs=0.002)
    assert min(aucs) == pytest.approx(table["auc_worst"], abs=0.002)


@pytest.mark.parametrize(("name", "least"), [("slurp", 0.955), ("snips", 0.974), ("ha_en", 0.975)])
def test_the_shipped_weights_stay_above_the_reference_floors(shared: Path, name: str, least: float) -> None:
    requests = (shared / "eval" / "directed" / f"{name}.txt").read_text("utf-8").splitlines()
    talk = [line for path in accidental.TALK for line in path.read_text("utf-8").splitlines()]
    assert accidental.auc(scores(talk).to_numpy(), scores(requests).to_numpy()) >= least


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_measures_are_what_their_names_say(share: float) -> None:
    import numpy as np

    talk, requests = np.array([3.0, 2.0, 1.0, 1.0]), np.array([1.0, 0.0, -1.0, -2.0])
    assert accidental.auc(talk, requests) == (4 + 4 + 3.5 + 3.5) / 16
    assert accidental.auc(talk, talk) == 0.5
    assert accidental.average_precision(talk, requests - 9, share) == pytest.approx(1)
    assert accidental.average_precision(requests - 9, talk, share) < share + 0.2
    assert accidental.equal_error(talk, requests - 9) == pytest.approx(0)
    assert accidental.caught(talk, requests, 0.01) == 0.5
