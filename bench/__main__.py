"""Run the measurements: `./scripts/bench`, or `python -m bench` in an environment with the extra `bench`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from bench import chart, measure, report
from bench import cleaning as cleaners
from bench import contenders as engines
from bench import job as jobs
from bench import parsing as parsers
from bench import relevance as ranking
from bench import requests as asking
from bench import serving as served
from bench import soak as soaking
from bench import suggesting as suggestions
from bench.corpus import make_documents, read_documents, write_documents, write_lines
from bench.pages import PAGES, WAYS, read_pages
from bench.queries import make_queries
from bench.server import Server, dateline

_FOLDER = Path("var/bench")
_NEWS = Path("../shared/data/news.jsonl.gz")
_SIZES = (10_000, 100_000, 1_000_000)
# FTS5's slowest queries take seconds on more articles than this, and there are hundreds of them.
_FTS5_ENDS = 50_000

_corpus_option = click.option(
    "--corpus", default=_NEWS, type=click.Path(path_type=Path), show_default=True, help="A JSONL of articles."
)
_sizes_option = click.option(
    "--articles",
    "sizes",
    multiple=True,
    type=click.IntRange(min=100),
    help="Also this many articles made from the corpus; may be repeated.",
)
_pages_option = click.option(
    "--pages",
    "folder",
    default=PAGES,
    type=click.Path(path_type=Path),
    show_default=True,
    help="A folder of gzipped pages with their ground-truth.json.",
)


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure Dateline beside other engines; without a command: `codec`."""
    if context.invoked_subcommand is None:
        context.invoke(codec)


@main.command()
@_corpus_option
@click.option(
    "--articles",
    "sizes",
    multiple=True,
    default=_SIZES,
    show_default=True,
    type=click.IntRange(min=100),
    help="Also this many articles made from the corpus; may be repeated.",
)
@click.option("--corpus-only", is_flag=True, help="Make no articles.")
@click.option("--queries", "count", default=200, show_default=True, help="How many queries of each class.")
@click.option("--folder", default=_FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where indexes go.")
@click.option("--keep", is_flag=True, help="Search the indexes that an earlier run left, and build none.")
@click.option("--skip-stock", is_flag=True, help="Leave out stock Whoosh, which takes a minute to build.")
def codec(
    corpus: Path = _NEWS,
    sizes: tuple[int, ...] = _SIZES,
    corpus_only: bool = False,
    count: int = 200,
    folder: Path = _FOLDER,
    keep: bool = False,
    skip_stock: bool = False,
) -> None:
    """Build and search with Dateline, Tantivy, SQLite FTS5 and stock Whoosh, on the corpus and on made articles.

    The tables come last, in Markdown; a chart is put beside the indexes.
    """
    _require(corpus, "--corpus")
    folder.mkdir(parents=True, exist_ok=True)
    everyone: list[type[engines.Contender]] = [engines.Dateline, engines.Tantivy, engines.Fts5]
    if not skip_stock:
        everyone.append(engines.StockWhoosh)
    rounds = [_run("The corpus", everyone, corpus, folder / "corpus", count, keep=keep)]
    for size in () if corpus_only else sizes:
        chosen: list[type[engines.Contender]] = [engines.Dateline, engines.Tantivy]
        if size < _FTS5_ENDS:
            chosen.append(engines.Fts5)
        jsonl = _made(corpus, size, folder)
        rounds.append(_run(f"{size:,} made articles", chosen, jsonl, folder / str(size), count, keep=keep))
    sections = [report.section(each, engines.Dateline.name) for each in rounds]
    if len(rounds) > 1:
        sections.append(report.growth_table(rounds[1:], [engines.Dateline.name, engines.Tantivy.name]))
    drawn = folder / "chart.svg"
    drawn.write_text(chart.draw(rounds, [engines.Dateline.name, engines.Tantivy.name]), encoding="utf-8")
    click.echo(f"The chart: {drawn}", err=True)
    click.echo(f"{report.machine()}\n\n" + "\n\n".join(sections))


def _require(path: Path, option: str) -> None:
    """Raise for what is to be measured on, and is not there."""
    if not path.exists():
        raise click.ClickException(f"{path} is not there; name another with {option}")


def _run(
    label: str, chosen: list[type[engines.Contender]], jsonl: Path, folder: Path, count: int, *, keep: bool
) -> measure.Round:
    """Build and search one set of articles with some of the engines."""
    click.echo(f"{label}:", err=True)
    builds = {} if keep else _build(chosen, folder, jsonl)
    queries = make_queries(read_documents(jsonl), count)
    contenders = [kind(folder / kind.__name__) for kind in chosen]
    opened = {contender.name: measure.time_open(contender, queries[0]) for contender in contenders}
    click.echo("  opened: " + ", ".join(f"{name} {taken:.1f} ms" for name, taken in opened.items()), err=True)
    timed = measure.time_queries(contenders, queries, lambda line: click.echo(line, err=True))
    articles = sum(1 for _ in read_documents(jsonl))
    return measure.Round(label, articles, builds, opened, timed)


def _made(corpus: Path, size: int, folder: Path) -> Path:
    path = folder / f"made-{size}.jsonl"
    if not path.exists():
        click.echo(f"making {size:,} articles", err=True)
        write_documents(make_documents(corpus, size), path)
    return path


def _build(chosen: list[type[engines.Contender]], folder: Path, jsonl: Path) -> dict[str, measure.Built]:
    builds = {}
    everyone: list[type[engines.Contender]] = [*chosen, engines.TantivyTwoThreads]
    for kind in everyone:
        built = measure.build_apart(kind, folder / kind.__name__, jsonl)
        click.echo(f"  {kind.name}: built at {built.articles / built.seconds:,.0f} articles/s", err=True)
        builds[kind.name] = built
    return builds


@main.command()
@_pages_option
@click.option("--worst", default=0, show_default=True, help="Also this many of the pages that come out worst.")
@click.option(
    "--corpus", type=click.Path(path_type=Path), help="Also what is lost of the articles of a JSONL, which are clean."
)
@click.option(
    "--compare",
    "others",
    multiple=True,
    type=click.Choice(sorted(cleaners.WITH_MARKUP)),
    help="Also what another program makes of the pages with their markup; may be repeated.",
)
def cleaning(folder: Path, worst: int, corpus: Path | None, others: tuple[str, ...]) -> None:
    """Find the articles in real pages, as HTML and turned into plain lines."""
    _require(folder, "--pages")
    if corpus:
        _require(corpus, "--corpus")
    pages = read_pages(folder)
    measured = {name: cleaners.measure_pages(pages, cleaners.WITH_MARKUP[name]) for name in others}
    measured["Dateline, HTML"] = cleaners.measure_pages(pages, cleaners.html_source_body)
    measured["all of the lines"] = cleaners.measure_lines(pages, "blocks", cleaners.everything)
    for way in WAYS:
        measured[f"Dateline, lines by {way}"] = cleaners.measure_lines(pages, way)
    sections = [report.machine(), cleaners.pages_table(pages, measured)]
    if worst:
        sections.append(cleaners.worst_table(pages, measured["Dateline, lines by blocks"], worst))
    speed = cleaners.pages_per_second(WAYS["blocks"](page.html) for page in pages)
    sections.append(f"{speed:,.0f} pages of 3 to 10 KB a second")
    if corpus:
        for kind, (words, lost) in cleaners.words_lost(corpus).items():
            sections.append(f"{kind}: {lost:,} of {words:,} words lost, {lost / words:.3%}")
    click.echo("\n\n".join(sections))


@main.command()
@_corpus_option
@_pages_option
@click.option("--documents", default=10_000, show_default=True, help="At most so many of each kind.")
@click.option("--rounds", default=3, show_default=True, help="How often; the median counts.")
def parsing(corpus: Path, folder: Path, documents: int, rounds: int) -> None:
    """Make articles of records, text pages and HTML pages: how many a second on one core."""
    _require(corpus, "--corpus")
    _require(folder, "--pages")
    kinds = parsers.read_kinds(corpus, folder, documents)
    rates = {kind: parsers.documents_per_second(chosen, rounds) for kind, chosen in kinds.items()}
    click.echo(f"{report.machine()}\n\n{parsers.rates_table(rates)}")


@main.command()
@click.option(
    "--collections",
    "folder",
    default=ranking.COLLECTIONS,
    type=click.Path(path_type=Path),
    show_default=True,
    help="A folder with a folder for each test collection.",
)
def relevance(folder: Path) -> None:
    """Rank the articles of test collections, and compare with what people have judged."""
    collections = ranking.read_collections(folder)
    if not collections:
        raise click.ClickException(f"{folder} holds no test collection; name a folder with --collections")
    click.echo(ranking.table({each.name: ranking.measure(each) for each in collections}))


@main.command()
@_corpus_option
@click.option("--articles", default=100_000, show_default=True, type=click.IntRange(min=100), help="So many are made.")
@click.option("--words", default=1_000_000, show_default=True, help="So many words are made, and put into them.")
@click.option("--calls", default=200, show_default=True, type=click.IntRange(min=2), help="How many are timed.")
@click.option("--folder", default=_FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where indexes go.")
def suggest(corpus: Path, articles: int, words: int, calls: int, folder: Path) -> None:
    """Time suggestions: queries put right, words completed, articles related. An index that is there is used again."""
    _require(corpus, "--corpus")
    index = folder / f"suggest-{articles}-{words}"
    if not index.exists():
        click.echo(f"making {articles:,} articles", err=True)
        suggestions.build(corpus, articles, words, index)
    measured = suggestions.measure(index, corpus, calls)
    head = f"{report.machine()}; {articles:,} articles, {words:,} made words"
    click.echo(f"{head}\n\n{suggestions.table(measured)}")


@main.command()
@_corpus_option
@_sizes_option
@click.option("--queries", "count", default=50, show_default=True, help="How many queries of each class.")
@click.option("--folder", default=_FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where indexes go.")
@click.option("--keep", is_flag=True, help="Search the indexes that an earlier run left, and build none.")
def requests(corpus: Path, sizes: tuple[int, ...], count: int, folder: Path, keep: bool) -> None:
    """Time requests from the words to the answer, with ten results, three snippets of each and all facets."""
    _require(corpus, "--corpus")
    folder.mkdir(parents=True, exist_ok=True)
    sections = [report.machine()]
    for size in (None, *sizes):
        jsonl, label = _records(corpus, size, folder)
        name = "corpus" if size is None else str(size)
        click.echo(f"{label}:", err=True)
        if not keep:
            asking.build(jsonl, folder / "requests" / name)
        measured = asking.measure(folder / "requests" / name, jsonl, count, lambda line: click.echo(line, err=True))
        sections.append(f"### {label}\n\n{asking.table(measured)}")
    click.echo("\n\n".join(sections))


@main.command()
@_corpus_option
@_sizes_option
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="How often; medians count.")
@click.option("--folder", default=_FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where indexes go.")
def job(corpus: Path, sizes: tuple[int, ...], rounds: int, folder: Path) -> None:
    """Run the whole of `reindex` on a file of articles, in turn with the codec's own build of what is in it."""
    _require(corpus, "--corpus")
    folder.mkdir(parents=True, exist_ok=True)
    sections = [report.machine()]
    for size in (None, *sizes):
        jsonl, label = _records(corpus, size, folder)
        click.echo(f"{label}:", err=True)
        measured = jobs.measure(jsonl, folder, rounds, lambda line: click.echo(line, err=True))
        sections.append(f"### {label}\n\n{jobs.table(measured)}")
    click.echo("\n\n".join(sections))


def _records(corpus: Path, size: int | None, folder: Path) -> tuple[Path, str]:
    """Return the corpus, or so many records made from it, and what to call them."""
    if size is None:
        return corpus, "The corpus"
    jsonl = folder / f"records-{size}.jsonl"
    if not jsonl.exists():
        click.echo(f"making {size:,} articles", err=True)
        write_lines(asking.make_records(corpus, size), jsonl)
    return jsonl, f"{size:,} made articles"


@main.command(hidden=True)
@click.argument("kind", type=click.Choice(sorted(jobs.KINDS)))
@click.argument("jsonl", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def once(kind: str, jsonl: Path, folder: Path) -> None:
    """Time one run of the job, or one build of the codec; `job` runs this in a process of its own."""
    click.echo(json.dumps(jobs.KINDS[kind](jsonl, folder)))


@main.command()
@_corpus_option
@click.option("--index", type=click.Path(path_type=Path), help="An index of the corpus; else one is made.")
@click.option("--rounds", default=9, show_default=True, type=click.IntRange(min=1), help="The medians of them count.")
@click.option("--seconds", default=2, show_default=True, type=click.IntRange(min=1), help="How long each is asked.")
@click.option("--connections", default=10, show_default=True, type=click.IntRange(min=1), help="So many ask at a time.")
@click.option("--folder", default=_FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where indexes go.")
@click.option("--skip-datasette", is_flag=True, help="Leave out Datasette.")
def http(
    corpus: Path, index: Path | None, rounds: int, seconds: int, connections: int, folder: Path, skip_datasette: bool
) -> None:
    """Ask the service by wrk, beside Datasette: searches, with facets, pages. What was built before is used again."""
    _require(corpus, "--corpus")
    folder, index = _served_index(corpus, index, folder)
    queries = served.choose_queries(corpus)
    with ExitStack() as stack:
        ours = stack.enter_context(dateline(index, folder / "dateline.log"))
        servers: dict[str, tuple[Server, Sequence[served.Way]]] = {"Dateline": (ours, served.DATELINE)}
        if not skip_datasette:
            database = folder / "articles.db"
            if not database.exists():
                click.echo("making the table for Datasette", err=True)
                served.build_datasette(corpus, database)
            theirs = stack.enter_context(served.datasette(database, folder / "datasette.log"))
            servers["Datasette"] = (theirs, (served.DATASETTE,))
        found = []
        for turns in served.measure(servers, queries, folder, rounds, seconds, connections):
            found.append(turns)
            click.echo("  " + ", ".join(f"{name} {turn.p50:.2f} ms" for name, turn in turns.items()), err=True)
    click.echo(f"{report.machine()}; {connections} connections\n\n{served.table(found)}")


def _served_index(corpus: Path, index: Path | None, folder: Path) -> tuple[Path, Path]:
    """Return a folder for what is made on the way, and an index of the corpus."""
    folder = folder / "http"
    folder.mkdir(parents=True, exist_ok=True)
    if index is None:
        index = folder / "index"
        if not (index / "CURRENT").exists():
            click.echo("making the index", err=True)
            asking.build(corpus, index)
    _require(index / "CURRENT", "--index")
    return folder, index


@main.command()
@_corpus_option
@click.option("--index", type=click.Path(path_type=Path), help="An index of the corpus; else one is made.")
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(min=0, min_open=True))
@click.option("--folder", default=_FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where indexes go.")
def soak(corpus: Path, index: Path | None, minutes: float, folder: Path) -> None:
    """Ask the service for everything it has, for a long time, and tell the memory of its workers."""
    _require(corpus, "--corpus")
    folder, index = _served_index(corpus, index, folder)
    paths = soaking.make_paths(served.choose_queries(corpus), index)
    with dateline(index, folder / "soak.log") as server:
        seconds = minutes * 60

        def tell(sample: soaking.Sample) -> None:
            said = ", ".join(f"{size / 1e6:.1f} MB" for size in sample.pss.values())
            click.echo(f"  {sample.seconds:.0f} s: {said}", err=True)

        samples, answered = soaking.soak(server, paths, seconds, seconds / 60, tell)
    click.echo(f"{report.machine()}; {answered:,} requests\n\n{soaking.table(samples)}")


@main.command(hidden=True)
@click.argument("contender")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("jsonl", type=click.Path(path_type=Path))
def build(contender: str, folder: Path, jsonl: Path) -> None:
    """Build one index; `codec` runs this in a process of its own, so that its memory can be told."""
    measure.print_built(measure.build_here(getattr(engines, contender)(folder), jsonl))


if __name__ == "__main__":
    main()
