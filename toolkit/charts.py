"""Pictures of the counts: small tables from `toolkit.summary` drawn with Altair, each with its finding in words.

Nothing is aggregated in the browser. One hue throughout: length, position and darkness carry the figures, so they read
the same for colour-blind people, in light and in dark. Colours and fonts are left to the page.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import altair as alt
import polars as pl

from toolkit import inert

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BARS = 20  # as many as are read at a glance; the rest is summed up in the last one
_LABEL, _LINE = 100, 56  # characters: 56 of them fit a telephone 390 pixels wide
_PADDING = {"left": 0, "right": 4, "top": 4, "bottom": 6}
_AS_DATE = "toDate(datum.month)"  # text to date in the browser: a date from here would be moved into its time zone


class Picture(NamedTuple):
    """A chart, and for those who cannot see it what it shows."""

    chart: alt.Chart | alt.LayerChart
    alt: str


def months(counts: pl.DataFrame) -> Picture:
    """Bars over time; one that is chosen gives its ``month``.

    Args:
        counts: As from `summary.by_month`, not empty.
    """
    data = counts.select(pl.col("month").dt.strftime("%Y-%m-%d"), "entries")
    x = alt.X("day:T", timeUnit="utcyearmonth", title=None, axis=alt.Axis(labelOverlap=True, tickCount=8, grid=False))
    chart = (
        alt.Chart(data, height=240, padding=_PADDING)
        .transform_calculate(day=_AS_DATE)
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=x,
            y=_count_axis(),
            tooltip=[alt.Tooltip("day:T", timeUnit="utcyearmonth", title="Month"), _count_tooltip()],
        )
    )
    return Picture(_chosen_by(chart, "month"), _months_in_words(counts))


def calendar(counts: pl.DataFrame) -> Picture:
    """A heat map of days, a band of seven rows for each year; a day that is chosen gives itself as ``day``.

    Args:
        counts: As from `summary.by_day`, not empty; years beyond the latest `YEARS` are left out.
    """
    years = counts["day"].dt.year().unique().sort().tail(YEARS)
    rows = _every_day(counts, years)
    places = {line: at for at, line in enumerate((y, d) for y in years for d in range(8))}  # an eighth row sets apart
    data = pl.DataFrame(
        [(day.isoformat(), entries, places[y, d - 1], w) for day, entries, y, w, d in rows.rows()],
        schema=["day", "entries", "row", "week"],
        orient="row",
    )
    names = "{" + ", ".join(f"'{places[y, 3]}': '{y}'" for y in years) + "}"
    axis = alt.Axis(
        values=[places[y, 3] for y in years], labelExpr=f"({names})[datum.value]", title=None, ticks=False, domain=False
    )
    months = alt.Axis(
        values=[0, 13, 26, 39], labelExpr="{'0': 'Jan', '13': 'Apr', '26': 'Jul', '39': 'Oct'}[datum.value]",
        title=None, labelAngle=0, ticks=False, domain=False,
    )  # fmt: skip
    chart = (
        alt.Chart(data, height=alt.Step(11), padding=_PADDING)
        .mark_rect(cornerRadius=1)
        .encode(
            x=alt.X("week:O", axis=months, scale=alt.Scale(domain=[*range(54)], paddingInner=0.1)),
            y=alt.Y("row:O", axis=axis, scale=alt.Scale(domain=[*places.values()][:-1], paddingInner=0.1)),
            opacity=alt.Opacity("entries:Q", scale=alt.Scale(domainMin=0, range=[0.06, 1]), legend=None),
            tooltip=[alt.Tooltip("day:N", title="Day"), _count_tooltip()],
        )
    )
    return Picture(
        _chosen_by(chart, "day"), _days_in_words(counts.filter(pl.col("day").dt.year().is_in(years.implode())))
    )


def _every_day(counts: pl.DataFrame, years: pl.Series) -> pl.DataFrame:
    """Each day of these years from the first to the last with an entry: ``day``, ``entries``, and its place."""
    ends = counts.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
    spans = [
        pl.date_range(max(date(year, 1, 1), ends[0]), min(date(year, 12, 31), ends[1]), eager=True) for year in years
    ]
    days = pl.concat(spans).alias("day").to_frame().join(counts, on="day", how="left", maintain_order="left")
    week = (pl.col("day").dt.ordinal_day() + _BEFORE) // 7
    return days.select(
        "day",
        pl.col("entries").fill_null(0),
        year=pl.col("day").dt.year(),
        week=week,
        weekday=pl.col("day").dt.weekday(),
    )


YEARS = 12  # as many as fit on a page; no assistant is much older
# So that a week ends with Sunday, whichever day the year begins with.
_BEFORE = (pl.date(pl.col("day").dt.year(), 1, 1)).dt.weekday().cast(pl.Int16) - 2


def lengths(counts: pl.DataFrame) -> Picture:
    """Bars by length of sound; one that is chosen gives ``from`` and ``to``.

    Args:
        counts: As from `summary.by_length`.
    """
    span = pl.format("{} to {} s", pl.col("from").cast(pl.Int64), pl.col("to").cast(pl.Int64))
    named = pl.coalesce(span, pl.format("{} s and more", pl.col("from").cast(pl.Int64)))
    data = counts.select("from", "to", "entries", span=named)
    chart = (
        alt.Chart(data, height=200, padding=_PADDING)
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X("from:O", title="Seconds, from", axis=alt.Axis(labelAngle=0), scale=alt.Scale(paddingInner=0.08)),
            y=_count_axis(),
            tooltip=[alt.Tooltip("span:N", title="Length"), _count_tooltip()],
        )
    )
    most = data.row(data["entries"].arg_max() or 0, named=True)
    told = f"Entries by length of their sound; most from {most['span']}: {most['entries']:,}"
    return Picture(_chosen_by(chart, "from", "to"), told)


def _chosen_by(chart: alt.Chart, *names: str) -> alt.Chart:
    """The chart, in which one mark can be chosen; the page is told the values of these columns."""
    chosen: alt.Chart = chart.add_params(alt.selection_point(PICKED, fields=list(names), toggle=False))
    return chosen


PICKED = "picked"  # name of the selection in every picture that has one


def week(counts: pl.DataFrame) -> Picture:
    """A heat map, weekday by hour; the fuller an hour, the darker; one that is chosen gives ``weekday`` and ``hour``.

    Args:
        counts: As from `summary.by_weekday_hour`.
    """
    names = pl.col("weekday").replace_strict(dict(enumerate(WEEKDAYS, 1)), return_dtype=pl.String)
    data = counts.select("entries", "weekday", "hour", day=names, span=pl.format("{}:00 to {}:59", "hour", "hour"))
    hours = alt.Axis(values=[0, 6, 12, 18], labelExpr="datum.value + ':00'", labelAngle=0, labelAlign="left")
    chart = (
        alt.Chart(data, height=220, padding=_PADDING)
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("hour:O", title=None, axis=hours, scale=alt.Scale(paddingInner=0.08)),
            y=alt.Y("day:O", title=None, sort=list(WEEKDAYS), scale=alt.Scale(paddingInner=0.08)),
            opacity=alt.Opacity("entries:Q", scale=alt.Scale(domainMin=0, range=[0.06, 1]), legend=None),
            tooltip=[alt.Tooltip("day:O", title="Day"), alt.Tooltip("span:N", title="Time"), _count_tooltip()],
        )
    )
    return Picture(_chosen_by(chart, "weekday", "hour"), _week_in_words(counts))


def ranked(counts: pl.DataFrame, label: str, what: str) -> Picture:
    """One bar for each row, its label above it, so that long labels have room on a small screen.

    A bar that is chosen gives its ``row``, from 0; -1 for the one that sums up the rest.

    Args:
        counts: A column *label* and ``entries``, in the order to be drawn.
        label: Name of that column; its values may be anybody's text.
        what: What the rows are, in the plural.
    """
    head = counts.select(label, "entries").head(BARS - 1 if counts.height > BARS else BARS)
    rest = counts.slice(head.height)
    rows = [(_one_line(text), entries) for text, entries in head.rows()]
    if rest.height:
        rows.append((f"{rest.height:,} more", rest["entries"].sum()))
    wrapped = [
        textwrap.wrap(f"{text}\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}{entries:,}", _LINE) for text, entries in rows
    ]
    lines = max(map(len, wrapped))
    titles = ["\n".join([""] * (lines - len(title)) + title) for title in wrapped]  # each ends just above its bar
    data = pl.DataFrame(
        {
            "row": [*range(head.height), -1][: len(rows)],
            "title": titles,
            "label": [text for text, _ in rows],
            "entries": [entries for _, entries in rows],
        }
    )
    above = alt.Axis(
        title=None,
        labelExpr=r"split(datum.label, '\n')",
        labelAlign="left",
        labelBaseline="top",
        labelFontSize=13,
        labelLineHeight=16,
        labelPadding=0,
        labelOffset=-16 * lines - 6,
        labelLimit=1_000,
        domain=False,
        ticks=False,
    )
    chart = (
        alt.Chart(data, height=alt.Step(28 + 16 * lines), padding=_PADDING)
        .mark_bar(height=8, cornerRadius=2)
        .encode(
            x=alt.X("entries:Q", title=None, axis=None, scale=alt.Scale(domainMin=0)),
            y=alt.Y("title:N", sort=None, axis=above),
            tooltip=[alt.Tooltip("label:N", title="What"), _count_tooltip()],
        )
    )
    told = "; ".join(f"{text}: {entries:,}" for text, entries in rows[:5])
    return Picture(_chosen_by(chart, "row"), f"Entries by {what}, most first. {told}")


def _one_line(text: str) -> str:
    return inert.clip(inert.terminal(text), _LABEL)


def _count_axis() -> alt.Y:
    return alt.Y("entries:Q", title=None, axis=alt.Axis(tickCount=4, format=",d", tickMinStep=1))


def _count_tooltip() -> alt.Tooltip:
    return alt.Tooltip("entries:Q", title="Entries", format=",d")


def _months_in_words(counts: pl.DataFrame) -> str:
    most = counts.row(counts["entries"].arg_max() or 0, named=True)
    first, last = counts["month"][0], counts["month"][-1]
    empty = counts.filter(pl.col("entries") == 0).height
    words = f"Entries by month, {first:%B %Y} to {last:%B %Y}; most in {most['month']:%B %Y}: {most['entries']:,}"
    return f"{words}; {empty:,} months without any" if empty else words


def _week_in_words(counts: pl.DataFrame) -> str:
    most = counts.row(counts["entries"].arg_max() or 0, named=True)
    day = WEEKDAYS[most["weekday"] - 1]
    return (
        f"Entries by weekday and hour; most on {day} from {most['hour']}:00 to {most['hour']}:59: {most['entries']:,}"
    )


def _days_in_words(counts: pl.DataFrame) -> str:
    most = counts.row(counts["entries"].arg_max() or 0, named=True)
    day = f"{most['day'].day} {most['day']:%B %Y}"
    return f"Entries on {counts.height:,} days; most on {day}: {most['entries']:,}"


_STEPS = (0.28, 0.5, 0.74, 1.0)  # how dark, from what no auto-delete would have removed to what every one would have


def ages(counts: pl.DataFrame, bands: Sequence[date], last: date) -> Picture:
    """Bars over time, the darker the more settings would have removed; behind them, a new band for each change.

    Args:
        counts: As from `retention.timeline`, not empty.
        bands: Days on which a maker changed something, in order; numbered from 1 in the picture.
        last: Where the last band ends.
    """
    data = counts.select(pl.col("month").dt.strftime("%Y-%m-%d"), "removed_by", "order", "entries")
    groups = counts.select("removed_by", "order").unique().sort("order")
    names = groups["removed_by"].to_list()
    steps = _STEPS[-len(names) :] if groups["order"][0] else (_STEPS[0], *_STEPS[len(_STEPS) + 1 - len(names) :])
    legend = alt.Legend(
        title="Would have been removed by auto-delete after", orient="top", columns=2, labelLimit=220, titleLimit=340
    )
    bars = (
        alt.Chart(data)
        .transform_calculate(day=_AS_DATE)
        .mark_bar()
        .encode(
            x=alt.X("day:T", timeUnit="utcyearmonth", title=None, axis=_TIME_AXIS),
            y=_count_axis(),
            opacity=alt.Opacity("removed_by:N", scale=alt.Scale(domain=names, range=[*steps, 1.0]), legend=legend),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("day:T", timeUnit="utcyearmonth", title="Month"),
                alt.Tooltip("removed_by:N", title="Removed by auto-delete after"),
                _count_tooltip(),
            ],
        )
    )
    chart = alt.LayerChart(layer=[*_bands(bands, last), bars] if bands else [bars], height=340, padding=_PADDING)
    return Picture(chart, _ages_in_words(counts, len(bands)))


_TIME_AXIS = alt.Axis(labelOverlap=True, tickCount=8, grid=False)


def _bands(days: Sequence[date], last: date) -> tuple[alt.Chart, alt.Chart]:
    spans = zip(days, [*days[1:], last], strict=True)
    rows = [(day.isoformat(), end.isoformat(), str(n), n % 2) for n, (day, end) in enumerate(spans, 1)]
    data = pl.DataFrame(rows, schema=["from", "to", "number", "odd"], orient="row")
    base = alt.Chart(data).transform_calculate(start="toDate(datum.from)", end="toDate(datum.to)")
    x = alt.X("start:T", title=None, axis=_TIME_AXIS)
    band = base.transform_filter("datum.odd").mark_rect(color="gray", opacity=0.12).encode(x=x, x2="end:T")
    number = base.mark_text(align="left", baseline="top", dx=3, dy=3, color="gray", fontSize=12)
    return band, number.encode(x=x, y=alt.value(0), text="number:N")


def _ages_in_words(counts: pl.DataFrame, bands: int) -> str:
    groups = counts.group_by("removed_by", "order").agg(pl.col("entries").sum()).sort("order")
    told = "; ".join(f"{name}: {entries:,}" for name, _, entries in groups.iter_rows())
    first, last = counts["month"].min(), counts["month"].max()
    assert isinstance(first, date)  # noqa: S101 - for the type checker
    assert isinstance(last, date)  # noqa: S101 - for the type checker
    marked = "1 change by the makers is" if bands == 1 else f"{bands} changes by the makers are"
    changes = f"; {marked} marked" if bands else ""
    span = f"{first:%B %Y} to {last:%B %Y}"
    return f"Entries by month, {span}, by the auto-delete that would have removed them. {told}{changes}"
