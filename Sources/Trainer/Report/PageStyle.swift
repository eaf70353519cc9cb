/// How pages and pictures look: light, dark, narrow and printed.
enum PageStyle {
  private static let light =
    "--paper:#fff;--ink:#1b1f24;--quiet:#5c6672;--line:#e1e5ea;--soft:#f4f6f8;--accent:#1a5fb4;"
    + "--box:#fff7e0;--box-line:#d9a400;" + Palette.variables(isDark: false)
  private static let dark =
    "--paper:#14171b;--ink:#e7eaee;--quiet:#9aa5b1;--line:#2c323a;--soft:#1d2228;--accent:#7cb4f7;"
    + "--box:#2b2410;--box-line:#b58a12;" + Palette.variables(isDark: true)
  private static let font =
    "font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif"

  private static let schemes =
    ":root{color-scheme:light dark;\(light)}\n@media (prefers-color-scheme:dark){:root{\(dark)}}\n"

  /// The style of a picture that is a file of its own.
  static let picture = schemes + "svg{\(font)}.page{fill:var(--paper)}\n" + Palette.rules

  /// The style of a page.
  static let page = schemes + body + tables + figures + Palette.rules + "\n" + narrow + printed

  private static let body = """
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:72rem;padding:1.5rem 1.25rem 4rem;background:var(--paper);
    color:var(--ink);\(font);font-size:16px;line-height:1.5;overflow-wrap:break-word}
    h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .6rem;text-wrap:balance}
    h2{font-size:1.3rem;margin:3rem 0 .6rem;padding-top:.8rem;border-top:1px solid var(--line)}
    h3{font-size:1rem;margin:0}
    p{max-width:66rem;margin:.4rem 0}ul{margin:.3rem 0;padding-left:1.2rem}
    a{color:var(--accent)}
    code{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.86em}
    .question{font-size:1.15rem}.source{color:var(--quiet)}
    .scale,.warning{background:var(--box);border-left:4px solid var(--box-line);padding:.6rem .9rem;
    margin:1rem 0;font-size:.92rem}
    ul.warning{padding-left:2rem}.warning ul{margin:.3rem 0;padding-left:1.2rem}
    .finding{font-size:1.15rem;font-weight:600;line-height:1.45;margin:1.2rem 0}
    .facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.35rem 1.2rem;
    margin:1.2rem 0}
    .facts dt{color:var(--quiet)}.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
    .facts em{font-style:normal}
    .columns{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.05fr);gap:0 2.2rem}
    .columns .facts{font-size:.92rem}.notes{font-size:.92rem}.origin{margin-top:1.2rem}
    .origin .facts{margin:.4rem 0;font-size:.92rem}
    nav{margin:1.5rem 0 0}nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:0;padding:0;
    list-style:none}
    footer{margin-top:3rem;color:var(--quiet);font-size:.85rem}

    """

  private static let tables = """
    .scroll{overflow-x:auto;margin:.8rem 0}
    table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
    caption{caption-side:top;text-align:left;color:var(--quiet);font-size:.88rem;padding-bottom:.6rem;
    max-width:min(68rem,85vw)}
    th,td{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;font-weight:400}
    thead th{color:var(--quiet);border-bottom:1px solid var(--quiet);white-space:nowrap}
    tbody{border-bottom:1px solid var(--line)}tbody th[rowspan]{font-weight:600}
    .n{text-align:right;white-space:nowrap;padding-left:.9rem}
    td.n a{color:inherit;text-decoration:none}td.n a:hover{text-decoration:underline}
    #comparison td.n{min-width:8.5rem}#comparison data{font-size:1.1rem}
    small{color:var(--quiet);font-size:.86em}
    .difference{color:var(--quiet);font-size:.86em}.clear{color:var(--ink)}.clear span{font-weight:700}
    #data td:not(.n){min-width:9rem}#runs td:first-child{min-width:13rem}
    .error{display:block}.chance th{font-weight:400;color:var(--quiet)}
    .start{white-space:nowrap}.start::before{content:"";display:inline-block;width:.6em;height:.6em;
    margin-right:.45em;border-radius:50%;background:var(--hue)}
    .group th{font-weight:600;padding-top:.8rem}
    tbody:target{background:var(--soft)}
    .digest{overflow-wrap:anywhere}

    """

  private static let figures = """
    figure{margin:1.4rem 0 0}figcaption p{color:var(--quiet);font-size:.88rem;margin:.1rem 0}
    .grid-of{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));
    gap:1.4rem 2rem;margin-top:.5rem}
    .small{grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr))}
    .chart{width:100%;max-width:34rem;height:auto;overflow:visible}
    .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:.6rem 0;padding:0;
    font-size:.9rem}
    .legend i{display:inline-block;width:1.3em;height:.28em;margin:0 .45em .22em 0;
    background:var(--hue)}
    .strips{display:flex;flex-wrap:wrap;gap:1rem;margin-top:.6rem}
    .strips img{image-rendering:pixelated;width:19rem;max-width:100%;height:auto;
    border:1px solid var(--line)}
    .tokens{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.86rem;max-width:60rem;
    line-height:1.7;overflow-wrap:anywhere}.tokens small{font-family:inherit}
    ins{color:var(--masked);font-weight:700;text-decoration-thickness:2px}
    del{color:var(--scratch)}mark{background:var(--soft);color:var(--ink);padding:0 .15em;
    border-radius:2px;margin-left:.1em}
    details{border-bottom:1px solid var(--line);padding:.4rem 0;max-width:60rem}
    summary{cursor:pointer}pre{overflow-x:auto;background:var(--soft);padding:.8rem;font-size:.9rem}

    """

  private static let narrow = """
    @media (max-width:56rem){.columns{grid-template-columns:minmax(0,1fr)}}
    @media (max-width:36rem){body{padding:1rem .9rem 3rem}h1{font-size:1.5rem}
    .facts{grid-template-columns:minmax(0,1fr);gap:0}.facts dd{margin-bottom:.6rem}
    .finding,.question{font-size:1.05rem}table{font-size:.82rem}.start{white-space:normal}
    #comparison td.n{min-width:0}th,td{padding-right:.5rem}.n{padding-left:.4rem}
    .difference{white-space:normal}}

    """

  private static let printed = """
    @media print{:root{\(light)}body{max-width:none;padding:0;font-size:10pt}nav{display:none}
    h2{margin-top:1.6rem;break-after:avoid}figure,tr,.chart,.scale{break-inside:avoid}
    figcaption{break-after:avoid}.scroll{overflow:visible}table{font-size:8.5pt}
    .grid-of{grid-template-columns:repeat(2,1fr)}.small{grid-template-columns:repeat(4,1fr)}
    #study-file::details-content{content-visibility:visible;block-size:auto}
    details:not([open],#study-file){display:none}pre{white-space:pre-wrap}
    @supports not selector(details::details-content){details:not([open]){display:none}}
    .columns{display:block}.figures,.origin{break-inside:avoid}th,td{padding-right:.5rem}
    .n{padding-left:.4rem}#comparison td.n{min-width:0}a{color:inherit;text-decoration:none}
    *{print-color-adjust:exact}}

    """
}
