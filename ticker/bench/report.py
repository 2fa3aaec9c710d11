"""The result as one HTML file: no script, no external resources, light and dark. Pure."""

from __future__ import annotations

from html import escape

from ticker import __version__
from ticker.bench import summary
from ticker.bench.chart import Curve, chart
from ticker.bench.result import Result

STYLE = """
:root{color-scheme:light dark;--page:#f7f6f3;--sheet:#fffefc;--ink:#15171b;--ink-2:#565a62;
--rule:#dedbd4;--red:#b8102a;--green:#1a7a43;--amber:#8a5200;--c0:#b8102a;--c1:#1f5fae;--c2:#8a5200;
--c3:#1a7a43;--c4:#6b3fa0}
@media (prefers-color-scheme:dark){:root{--page:#0f1114;--sheet:#16191d;--ink:#eceef1;
--ink-2:#a3a9b4;--rule:#2a2e35;--red:#ff7a7d;--green:#5fcf8d;--amber:#f0b45c;--c0:#ff7a7d;
--c1:#7db4ff;--c2:#f0b45c;--c3:#5fcf8d;--c4:#c3a0f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:400 1rem/1.5 -apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif}
main{max-width:62rem;margin:0 auto;padding:clamp(1rem,4vw,3rem) clamp(1rem,4vw,2rem)}
h1{font-size:clamp(1.35rem,1.1rem + 1.4vw,2rem);line-height:1.2;margin:0 0 .25rem;
text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:0 0 .75rem}
p{margin:.25rem 0}.quiet{color:var(--ink-2)}
.verdict{margin:1.25rem 0;padding:.7rem 1rem;background:var(--sheet);
border-inline-start:4px solid var(--green);font-weight:600}
.verdict.bad{border-color:var(--red)}.verdict.none{border-color:var(--amber)}
.tiles{display:flex;flex-wrap:wrap;gap:1px;margin:1.25rem 0;
background:var(--rule);border:1px solid var(--rule)}
.tiles div{flex:1 1 9.5rem;background:var(--sheet);padding:.9rem 1rem;margin:0}
.tiles dt{color:var(--ink-2);font-size:.85rem}
.tiles dd{margin:0;font-size:1.55rem;font-weight:650;line-height:1.25;
font-variant-numeric:tabular-nums}
.tiles small{display:block;font-size:.8rem;font-weight:400;color:var(--ink-2)}
section{background:var(--sheet);border:1px solid var(--rule);padding:1.25rem;margin:0 0 1.25rem}
figure{margin:0}figcaption{margin:-.5rem 0 .75rem}svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink-2);font-size:15px}
.grid{stroke:var(--rule);stroke-width:1;fill:none}
.curve{fill:none;stroke-width:2.25;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
.c4{stroke:var(--c4)}
circle.c0{fill:var(--c0)}circle.c1{fill:var(--c1)}circle.c2{fill:var(--c2)}
circle.c3{fill:var(--c3)}circle.c4{fill:var(--c4)}
.key{list-style:none;margin:.75rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.4rem 1.75rem;
font-size:.9rem}
.key svg{display:inline-block;width:34px;margin-inline-end:.5rem;vertical-align:middle}
.key span{color:var(--ink-2);font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--rule);text-align:end;
white-space:nowrap}
th:first-child,td:first-child,th:last-child,td:last-child{text-align:start}
th{font-weight:400;color:var(--ink-2)}tbody th{color:var(--ink)}tr.head *{font-weight:650}
td:last-child{color:var(--ink-2);padding-inline-end:0;white-space:normal}
tr:last-child>*{border-bottom:0}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;margin:0}
dl.facts dt{color:var(--ink-2)}dl.facts dd{margin:0}
.note{color:var(--amber)}.wrong{color:var(--red)}
footer{color:var(--ink-2);font-size:.85rem}
@media (max-width:36rem){dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.6rem}
svg text{font-size:27px}text.minor{display:none}
th,td{font-size:.9rem;padding-right:.5rem}td:last-child,th:last-child{display:none}}
@media print{body{background:none}section{break-inside:avoid}}
""".strip()


def page(result: Result) -> str:
    """Return the whole document."""
    title = escape(summary.title(result))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Ticker bench: {title}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{title}</h1>"
        f'<p class="quiet">Measured {escape(result.started)} by ticker bench {__version__}</p>'
        f"{_verdict(result)}{_tiles(result)}{_charts(result)}{_table(result)}{_facts(result)}"
        f"{_READING}</main></body></html>\n"
    )


_READING = (
    "<footer><p>A delivery is one event that reached one reader. Times begin before the publish "
    "request leaves and end when the reader’s bytes are read, both on one clock: that of the load "
    "generator. Percentiles are right to half a per cent, the longest is exact.</p></footer>"
)


def _verdict(result: Result) -> str:
    count = result.verdict
    kind = "bad" if not count.clean else "none" if not count.events else ""
    lines = [f'<p class="verdict {kind}">{escape(summary.verdict(result))}</p>']
    lines += [f'<p class="wrong">{escape(text)}</p>' for text in summary.problems(result)]
    lines += [f'<p class="note">{escape(text)}</p>' for text in result.notes]
    return "".join(lines)


def _tiles(result: Result) -> str:
    """Return the most important figures."""
    tiles = []
    for row in summary.rows(result):
        figures = row.latencies.summary()
        if row.head and figures is not None:
            tiles.append((f"{row.name}, p50", summary.duration(figures.p50), row.remark))
            tiles.append((f"{row.name}, p99", summary.duration(figures.p99), ""))
    if result.storm is not None and result.storm.seconds is not None:
        back = f"{result.storm.clients:,} readers at once"
        tiles.append(("Storm: all live again", summary.duration(result.storm.seconds), back))
    if not tiles:
        return ""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(remark)}</small></dd></div>"
        for name, value, remark in tiles
    )
    return f'<dl class="tiles">{cells}</dl>'


def _charts(result: Result) -> str:
    news, connections = [], []
    if result.steady is not None:
        news.append(Curve("To the last reader", result.steady.to_last))
        news.append(Curve("To a reader", result.steady.to_one))
    if result.burst is not None:
        news.append(Curve("Burst, to the last reader", result.burst.to_last))
    news.append(Curve("Others’ events, first reader to last", result.spread))
    connections.append(Curve("Connect to welcome", result.connects))
    if result.storm is not None:
        connections.append(Curve("Storm to live again", result.storm.returns))
    return _figure("From publish to the screens", "Share that had arrived", news) + _figure(
        "Connections", "Share of readers that were there", connections
    )


def _figure(title: str, what: str, curves: list[Curve]) -> str:
    drawn = chart(curves, f"{title}: {what.lower()}, by time")
    if not drawn:
        return ""
    return (
        f"<section><h2>{escape(title)}</h2><figure>"
        f'<figcaption class="quiet">{escape(what)} by then, on a logarithmic axis of time'
        f"</figcaption>{drawn}</figure></section>"
    )


def _table(result: Result) -> str:
    lines = []
    for row in summary.rows(result):
        figures = row.latencies.summary()
        assert figures is not None
        cells = "".join(
            f"<td>{summary.duration(value)}</td>"
            for value in (figures.p50, figures.p99, figures.longest)
        )
        head = ' class="head"' if row.head else ""
        lines.append(
            f'<tr{head}><th scope="row">{escape(row.name)}</th>{cells}'
            f"<td>{escape(row.remark)}</td></tr>"
        )
    return (
        '<section><h2>All figures</h2><div class="scroll"><table><thead><tr><th></th>'
        '<th scope="col">p50</th><th scope="col">p99</th><th scope="col">max</th><th></th>'
        f"</tr></thead><tbody>{''.join(lines)}</tbody></table></div></section>"
    )


def _facts(result: Result) -> str:
    found = summary.facts(result)
    if not found:
        return ""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in found)
    return f'<section><h2>What it cost</h2><dl class="facts">{items}</dl></section>'
