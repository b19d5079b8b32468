"""How well words alone tell talk from requests, on sources the weights have never seen; and the weights themselves.

    python benchmarks/accidental.py                                    # English, on ../shared/eval
    python benchmarks/accidental.py --directed a.txt b/ --talk c.txt   # any folders and files, one utterance a line
    python benchmarks/accidental.py --shipped --directed a.txt ...     # the weights in rules/, not fitted anew
    python benchmarks/accidental.py --write                            # fit on all sources, write rules/speech/en.toml

Each file is a source. A fold leaves out one source of requests and one of talk, fits on the others and is judged on
those two: a random split would let the fold know its source's topics, and what that pretends is printed beside it.
Talk is judged whole, and as fragments as long as requests are (a capture breaks off anywhere). The fit is logistic
regression in which a sign can only count for the side it is written for, so that every weight can be explained.
numpy does the sums; the toolkit itself does not need it.
"""

from __future__ import annotations

import argparse
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from toolkit.activations.speech import Speech, masks, normalised, parsed, spelled

ROOT = Path(__file__).resolve().parent.parent
EVAL = ROOT.parent / "shared" / "eval"
DIRECTED = [EVAL / "directed" / f"{name}.txt" for name in ("slurp", "snips", "ha_en")]
TALK = [EVAL / "nondirected" / f"masc_{name}.txt" for name in ("court", "debate", "interview", "meeting")]
SEED, RESAMPLES, STEPS = 20261123, 200, 400
PENALTY = 0.001  # of the squared weights, per unit of mean loss
# Raw scores of 2 to 5 were worth 0.78 to 0.84 of what they claim on the worst held-out pair (`reliability`), so a share
# below that is shipped of every weight: what a score claims then holds for each of the pairs, not only on average.
SHRINK = 0.75
LENGTHS = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 14), (15, 999))
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Source:
    """The texts of one file: which rules hold for each (one row a text), and how many words it has."""

    name: str
    talk: bool
    signs: Array
    words: Array

    def score(self, weights: Array) -> Array:
        """Log odds of talk, at even odds, one for each text."""
        return np.asarray(self.signs @ weights[:-1] + weights[-1])


def read(paths: Sequence[Path]) -> dict[str, list[str]]:
    """The texts of every file, folders opened; duplicates and empty lines left out."""
    files = [file for path in paths for file in (sorted(path.glob("*.txt")) if path.is_dir() else [path])]
    return {file.stem: list(dict.fromkeys(filter(None, file.read_text("utf-8").splitlines()))) for file in files}


def source(name: str, talk: bool, texts: Sequence[str], speech: Speech) -> Source:
    """The signs in *texts*, told by the very code that judges an export."""
    plain = normalised(pl.Series("text", texts)).to_frame().select(spelled(pl.col("text"), speech.language)).to_series()
    found = masks(plain.filter(plain != ""), speech)
    signs = found.select(rule.expression.alias(rule.name) for rule in speech.rules)
    return Source(name, talk, signs.to_numpy().astype(np.float32), found["words"].to_numpy())


def fragments(talk: Sequence[str], lengths: Sequence[int]) -> list[str]:
    """A random piece of each text, as long as a request."""
    dice, pieces = random.Random(SEED), []
    for text in talk:
        words = text.split()
        size = min(len(words), dice.choice(lengths))
        start = dice.randrange(len(words) - size + 1)
        pieces.append(" ".join(words[start : start + size]))
    return pieces


def fit(parts: Sequence[tuple[Array, float, float]], signs: Array) -> Array:
    """Weights and, last, the intercept, at even odds.

    Args:
        parts: Rows of signs, 1 for talk or 0 for requests, and the share of the whole that they carry.
        signs: Of each rule, +1 if it may only speak for talk, -1 if only for a request.
    """
    rows = np.vstack([part[0] for part in parts]).astype(bool)
    rows = np.hstack([rows, np.ones((len(rows), 1), bool)])
    talk = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    share = np.concatenate([np.full(len(part[0]), part[2] / len(part[0])) for part in parts])
    _, at, of = np.unique(np.packbits(rows, axis=1), axis=0, return_index=True, return_inverse=True)
    distinct = rows[at].astype(float)
    yes, no = np.bincount(of.ravel(), share * talk), np.bincount(of.ravel(), share * (1 - talk))
    return _descend(distinct, yes, no, signs)


def _descend(rows: Array, yes: Array, no: Array, signs: Array) -> Array:
    """Accelerated projected gradient (Beck and Teboulle 2009); a weight of the wrong sign is held at 0."""
    penalty = np.append(np.full(rows.shape[1] - 1, PENALTY), 0.0)
    step = 1 / (np.linalg.eigvalsh((rows * (yes + no)[:, None]).T @ rows)[-1] / 4 + PENALTY)
    weights = ahead = np.zeros(rows.shape[1])
    pace = 1.0
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-rows @ ahead))
        moved = ahead - step * (rows.T @ ((yes + no) * expected - yes) + penalty * ahead)
        moved[:-1] = np.where(moved[:-1] * signs < 0, 0, moved[:-1])
        faster = (1 + np.sqrt(1 + 4 * pace * pace)) / 2
        ahead = moved + (pace - 1) / faster * (moved - weights)
        weights, pace = moved, faster
    return weights


def auc(talk: Array, requests: Array) -> float:
    """Chance that a random piece of talk scores above a random request; ties count half."""
    _, of, counts = np.unique(np.concatenate([talk, requests]), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[of]
    return float((ranks[: len(talk)].sum() - len(talk) * (len(talk) + 1) / 2) / (len(talk) * len(requests)))


def caught(talk: Array, requests: Array, wrong: float) -> float:
    """Share of talk above the score that the share *wrong* of requests reaches."""
    return float((talk > np.sort(requests)[::-1][int(wrong * len(requests))]).mean())


def equal_error(talk: Array, requests: Array) -> float:
    """Error rate where as much talk is missed as requests are wrongly flagged."""
    scores = np.unique(np.concatenate([talk, requests]))
    missed = np.searchsorted(np.sort(talk), scores) / len(talk)
    flagged = 1 - np.searchsorted(np.sort(requests), scores) / len(requests)
    best = np.abs(missed - flagged).argmin()
    return float((missed[best] + flagged[best]) / 2)


def average_precision(talk: Array, requests: Array, base: float = 0.1) -> float:
    """Mean precision over recall if the share *base* is talk."""
    scores = np.unique(np.concatenate([talk, requests]))[::-1]
    recall = 1 - np.searchsorted(np.sort(talk), scores) / len(talk)
    wrong = 1 - np.searchsorted(np.sort(requests), scores) / len(requests)
    precision = base * recall / np.maximum(base * recall + (1 - base) * wrong, 1e-12)
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def figures(talk: Array, requests: Array) -> list[float]:
    """AUC, AP at a base of 10 %, EER, share of talk caught at 1 % and at 5 % of requests wrongly flagged."""
    return [
        auc(talk, requests),
        average_precision(talk, requests),
        equal_error(talk, requests),
        caught(talk, requests, 0.01),
        caught(talk, requests, 0.05),
    ]


def slope(talk: Array, requests: Array) -> float:
    """What scores must be multiplied by to be log odds of these texts; below 1 they claim too much."""
    scores = np.concatenate([talk, requests])
    share = np.concatenate([np.full(len(talk), 0.5 / len(talk)), np.full(len(requests), 0.5 / len(requests))])
    rows = np.stack([scores, np.ones(len(scores))], axis=1)
    weights = np.zeros(2)
    for _ in range(25):
        expected = 1 / (1 + np.exp(-rows @ weights))
        slant = rows.T @ (share * (np.arange(len(scores)) < len(talk)) - share * expected)
        weights += np.linalg.solve((rows * (share * expected * (1 - expected))[:, None]).T @ rows, slant)
    return float(weights[0])


@dataclass
class Trial:
    """Sources of requests and talk, whole and in fragments, and the rules they are judged by."""

    speech: Speech
    requests: dict[str, Source]
    talk: dict[str, Source]
    pieces: dict[str, Source]

    @property
    def signs(self) -> Array:
        """Which side each rule may speak for."""
        return np.sign([rule.weight or 0.0 for rule in self.speech.rules])

    def parts(self, requests: Sequence[str], talk: Sequence[str]) -> list[tuple[Array, float, float]]:
        """What a fit learns from: each side half, each source alike, talk half whole and half in fragments."""
        parts = [(self.requests[name].signs, 0.0, 0.5 / len(requests)) for name in requests]
        for kind, name in product((self.talk, self.pieces), talk):
            parts.append((kind[name].signs, 1.0, 0.25 / len(talk)))
        return parts

    def without(self, request: str, talk: str) -> Array:
        """Weights of the fold that has seen neither."""
        others = [name for name in self.requests if name != request], [name for name in self.talk if name != talk]
        return fit(self.parts(*others), self.signs)

    def folds(self) -> Iterator[tuple[str, str]]:
        """Every pair of a source of requests and one of talk."""
        return product(self.requests, self.talk)


def trial(directed: Sequence[Path], talk: Sequence[Path], speech: Speech) -> Trial:
    """Read everything and find the signs."""
    requests, other = read(directed), read(talk)
    dice = random.Random(SEED)
    lengths = [len(text.split()) for texts in requests.values() for text in dice.choices(texts, k=1_000)]
    return Trial(
        speech,
        {name: source(name, False, texts, speech) for name, texts in requests.items()},
        {name: source(name, True, texts, speech) for name, texts in other.items()},
        {name: source(name, True, fragments(texts, lengths), speech) for name, texts in other.items()},
    )


@dataclass
class Held:
    """Scores of a pair by weights that have not seen it."""

    pair: tuple[str, str]
    requests: Array
    talk: Array
    pieces: Array


def held_out(these: Trial, shipped: Array | None) -> list[Held]:
    """Every pair, scored by its own fold or by the weights that are shipped."""
    scored = []
    for request, talk in these.folds():
        weights = these.without(request, talk) if shipped is None else shipped
        parts = these.requests[request], these.talk[talk], these.pieces[talk]
        scored.append(Held((request, talk), *(part.score(weights) for part in parts)))
    return scored


def report(these: Trial, held: Sequence[Held]) -> None:
    """Print every figure."""
    head = "".join(f"{name:>9}" for name in ("AUC", "AP 10 %", "EER", "TPR 1 %", "TPR 5 %", "slope"))
    for kind in ("whole", "fragments"):
        rows = []
        print(f"\n{'held out: requests and talk, ' + kind:44}{head}")
        for one in held:
            talk = one.talk if kind == "whole" else one.pieces
            rows.append([*figures(talk, one.requests), slope(talk, one.requests)])
            print(f"{' / '.join(one.pair):44}" + "".join(f"{value:9.3f}" for value in rows[-1]))
        for label, value in (("mean", np.mean(rows, 0)), ("least", np.min(rows, 0)), ("most", np.max(rows, 0))):
            print(f"{label:44}" + "".join(f"{figure:9.3f}" for figure in value))
    by_length(these, held)
    pretended(these)
    reliability(held)


def by_length(these: Trial, held: Sequence[Held]) -> None:
    """AUC of texts of one length against requests of the same length, mean over the pairs that have 20 of each."""
    print("\nAUC by number of words: whole / fragments")
    for least, most in LENGTHS:
        told = []
        for kind in ("talk", "pieces"):
            found = []
            for one in held:
                request, talk = these.requests[one.pair[0]], getattr(these, kind)[one.pair[1]]
                short = (request.words >= least) & (request.words <= most)
                long = (talk.words >= least) & (talk.words <= most)
                if min(short.sum(), long.sum()) >= 20:
                    found.append(auc(getattr(one, kind)[long], one.requests[short]))
            told.append(f"{np.mean(found):.3f} ({len(found)} pairs)" if found else "too few")
        print(f"  {least}-{most}: {' / '.join(told)}" if most < 999 else f"  {least}+: {' / '.join(told)}")


def pretended(these: Trial) -> None:
    """What a random split says: every source on both sides of it."""
    dice, parts, rest = np.random.default_rng(SEED), [], []
    for rows, talk, share in these.parts(list(these.requests), list(these.talk)):
        half = dice.random(len(rows)) < 0.5
        parts.append((rows[half], talk, share))
        rest.append((rows[~half], talk))
    weights = fit(parts, these.signs)
    scores = [[rows @ weights[:-1] for rows, talk in rest if talk == side] for side in (1, 0)]
    told = figures(*(np.concatenate(side) for side in scores))
    print("\na random split would have pretended: AUC {:.3f}, AP {:.3f}, EER {:.3f}, TPR {:.3f} / {:.3f}".format(*told))


def reliability(held: Sequence[Held], edges: Sequence[float] = (-9, -4, -2, -1, 0, 1, 2, 3, 4, 5, 99)) -> None:
    """Log of how much commoner each band of scores is in talk, with intervals over resampled pairs."""
    dice = np.random.default_rng(SEED)
    draws = [dice.integers(len(held), size=len(held)) for _ in range(RESAMPLES)]
    bands = np.array([_bands(one, edges) for one in held])
    print("\nscore held out      talk  requests  log ratio (95 % over pairs)  worst pair")
    for at in range(len(edges) - 1):
        talk, requests = bands[:, 0, at], bands[:, 1, at]
        ratio = _log_ratio(talk.mean(), requests.mean())
        spread = [_log_ratio(talk[draw].mean(), requests[draw].mean()) for draw in draws]
        low, high = np.percentile(spread, [2.5, 97.5])
        worst = min(_log_ratio(*pair) for pair in zip(talk, requests, strict=True))
        told = f"{ratio:6.2f} ({low:.2f} to {high:.2f})"
        print(
            f"{edges[at]:5} to {edges[at + 1]:3}  {talk.mean():8.4f}  {requests.mean():8.4f}  {told:27}  {worst:6.2f}"
        )


def _log_ratio(talk: float, requests: float) -> float:
    return float(np.log(max(talk, 1e-4) / max(requests, 1e-4)))


def _bands(one: Held, edges: Sequence[float]) -> list[Array]:
    both = np.concatenate([one.talk, one.pieces])
    return [np.histogram(side, edges)[0] / len(side) for side in (both, one.requests)]


def write(these: Trial, held: Sequence[Held], path: Path) -> None:
    """Put the weights fitted on all sources into the file, each with what it rests on."""
    weights = fit(these.parts(list(these.requests), list(these.talk)), these.signs) * SHRINK
    text = path.read_text("utf-8")
    for at, rule in enumerate(these.speech.rules):
        said = f"fitted {_TODAY}; in {_share(these.requests, at)} of requests, {_share(these.talk, at)} of talk"
        text = _weighed(text, rf'name = "{rule.name}"\n.*\n', weights[at], said)
    text = _weighed(text, r"\[intercept\]\n", weights[-1], f"fitted {_TODAY}; a text without any sign, at even odds")
    path.write_text(text[: text.index("\n[fitted]")] + "\n" + _fitted(these, held), "utf-8")


_TODAY = datetime.now(UTC).date().isoformat()


def _share(sources: dict[str, Source], at: int) -> str:
    return f"{np.mean([one.signs[:, at].mean() for one in sources.values()]):.1%}"


def _weighed(text: str, head: str, weight: float, said: str) -> str:
    pattern = re.compile(rf'({head})weight = .*\n((?:says = .*\n)?)source = ".*"')
    changed, count = pattern.subn(lambda m: f'{m[1]}weight = {weight:.2f}\n{m[2]}source = "{said}"', text)
    assert count == 1, head
    return changed


def _fitted(these: Trial, held: Sequence[Held]) -> str:
    """What the weights were fitted on, and how they did on sources they had not seen."""
    lines = ["[fitted]", f"on = {_TODAY}", f"shrink = {SHRINK}"]
    for side, sources in (("requests", these.requests), ("talk", these.talk)):
        lines.append(f"{side} = {{ {', '.join(f'{name} = {len(one.words)}' for name, one in sources.items())} }}")
    for kind in ("talk", "pieces"):
        rows = [figures(getattr(one, kind), one.requests) for one in held]
        mean, least = np.mean(rows, 0), np.min(rows, 0)
        lines += ["", f"[fitted.held_out_{kind}] # each pair of sources by weights that had seen neither"]
        names = ("auc", "ap_at_10", "eer", "tpr_at_1", "tpr_at_5")
        lines += [f"{name} = {value:.3f}" for name, value in zip(names, mean, strict=True)]
        lines += [f"auc_worst = {least[0]:.3f}", f"tpr_at_1_worst = {least[3]:.3f}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directed", nargs="+", type=Path, default=DIRECTED)
    parser.add_argument("--talk", nargs="+", type=Path, default=TALK)
    parser.add_argument("--shipped", action="store_true", help="judge the weights in the file instead of fitting anew")
    parser.add_argument("--write", action="store_true", help="write the weights fitted on all sources into the file")
    parser.add_argument("--rules", type=Path, default=ROOT / "toolkit" / "rules" / "speech" / "en.toml")
    options = parser.parse_args()
    speech = parsed(tomllib.loads(options.rules.read_text("utf-8")))
    these = trial(options.directed, options.talk, speech)
    shipped = np.array([rule.weight or 0.0 for rule in speech.rules] + [speech.intercept])
    held = held_out(these, shipped if options.shipped else None)
    report(these, held)
    if options.write:
        write(these, held, options.rules)


if __name__ == "__main__":
    main()
