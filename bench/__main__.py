"""Run the measurements: `./scripts/bench`, or `python -m bench` in an environment with the extra `bench`."""

from __future__ import annotations

from pathlib import Path

import click

from bench import cleaning as cleaners
from bench import contenders as engines
from bench import measure, report
from bench.corpus import make_documents, read_documents, write_documents
from bench.pages import PAGES, WAYS, read_pages
from bench.queries import make_queries

_FOLDER = Path("var/bench")
_NEWS = Path("../shared/data/news.jsonl.gz")


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure Dateline beside other engines; without a command: `codec`."""
    if context.invoked_subcommand is None:
        context.invoke(codec)


@main.command()
@click.option(
    "--corpus", default=_NEWS, type=click.Path(path_type=Path), show_default=True, help="A JSONL of articles."
)
@click.option(
    "--articles",
    "sizes",
    multiple=True,
    type=click.IntRange(min=100),
    help="Also this many articles made from the corpus; may be repeated.",
)
@click.option("--queries", "count", default=200, show_default=True, help="How many queries of each class.")
@click.option("--folder", default=_FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where indexes go.")
@click.option("--keep", is_flag=True, help="Search the indexes that an earlier run left, and build none.")
@click.option("--skip-stock", is_flag=True, help="Leave out stock Whoosh, which takes a minute to build.")
def codec(
    corpus: Path = _NEWS,
    sizes: tuple[int, ...] = (),
    count: int = 200,
    folder: Path = _FOLDER,
    keep: bool = False,
    skip_stock: bool = False,
) -> None:
    """Build and search with Dateline, Tantivy, SQLite FTS5 and stock Whoosh, on the corpus and on made articles."""
    if not corpus.exists():
        raise click.ClickException(f"{corpus} is not there; name a JSONL of articles with --corpus")
    folder.mkdir(parents=True, exist_ok=True)
    everyone: list[type[engines.Contender]] = [engines.Dateline, engines.Tantivy, engines.Fts5]
    if not skip_stock:
        everyone.append(engines.StockWhoosh)
    sections, by_size = [], {}
    for size in (0, *sizes):
        jsonl = corpus if size == 0 else _made(corpus, size, folder)
        chosen: list[type[engines.Contender]] = everyone if size == 0 else [engines.Dateline, engines.Tantivy]
        label = "the corpus" if size == 0 else f"{size:,} made articles"
        click.echo(f"{label}:", err=True)
        builds = {} if keep else _build(chosen, folder / str(size), jsonl)
        opened = [kind(folder / str(size) / kind.__name__) for kind in chosen]
        for contender in opened:
            contender.open()
        queries = make_queries(read_documents(jsonl), count)
        results = measure.time_queries(opened, queries, lambda line: click.echo(line, err=True))
        by_size[size] = results
        sections.append(f"### {label[0].upper() + label[1:]}\n\n{report.queries_table(results, engines.Dateline.name)}")
        if builds:
            sections.append(report.builds_table(builds))
        chart = folder / f"queries-{size or 'corpus'}.svg"
        chart.write_text(report.chart(results, f"Queries over {label}"), encoding="utf-8")
        click.echo(f"  chart: {chart}", err=True)
    if len(by_size) > 1:
        sections.append("### Growth\n\n" + report.growth_table(by_size, [engines.Dateline.name, engines.Tantivy.name]))
    click.echo(f"{report.machine()}\n\n" + "\n\n".join(sections))


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
@click.option(
    "--pages",
    "folder",
    default=PAGES,
    type=click.Path(path_type=Path),
    show_default=True,
    help="A folder of gzipped pages with their ground-truth.json.",
)
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
    """Find the articles in real pages that were turned into plain lines."""
    if not folder.exists():
        raise click.ClickException(f"{folder} is not there; name a folder of pages with --pages")
    pages = read_pages(folder)
    measured = {name: cleaners.measure_pages(pages, cleaners.WITH_MARKUP[name]) for name in others}
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


@main.command(hidden=True)
@click.argument("contender")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("jsonl", type=click.Path(path_type=Path))
def build(contender: str, folder: Path, jsonl: Path) -> None:
    """Build one index; `codec` runs this in a process of its own, so that its memory can be told."""
    measure.print_built(measure.build_here(getattr(engines, contender)(folder), jsonl))


if __name__ == "__main__":
    main()
