#!/usr/bin/env python3
"""Opens a report in headless Chromium and checks the page as a browser sees it.

Usage: browser.py PAGE RESULTS SCREENSHOTS

PAGE is what `lra-train report` wrote, RESULTS the study's results.json. Leaves light.png, dark.png,
phone.png and print.pdf in the folder SCREENSHOTS for someone to look at.
"""

import html
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Elements without an end.
VOID = {"img", "meta", "br", "link", "input", "hr"}
# Where a page could load something from.
SOURCES = {"src", "href", "xlink:href", "data", "action", "srcset", "poster"}
SECTIONS = {
    "comparison": "Comparison", "curves": "Learning curves", "compute": "Compute",
    "kernels": "Convolution kernels", "reconstructions": "Reconstructions", "budget": "Budget",
    "data": "Data", "runs": "Runs", "configurations": "Configurations",
}
# Tells a browser's own view of the page's width, and is added to a copy of the page only.
PROBE = """<script>addEventListener('load', () => {
  const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, pre')
    && e.getBoundingClientRect().right > innerWidth + 1);
  document.body.dataset.overflow = document.documentElement.scrollWidth - innerWidth;
  document.body.dataset.wide = wide.slice(0, 3).map(e => e.tagName + '.' + e.getAttribute('class')
    + ' ' + e.textContent.slice(0, 30)).join(' | ');
})</script>"""


class Page(html.parser.HTMLParser):
    """The parts of a page that are checked."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.headings = [], [], [], {}
        self.pictures, self.values, self.scripts = [], [], 0
        self.style, self.open = "", []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "id" in given:
            self.ids.append(given["id"])
        self.scripts += tag == "script" or any(name.startswith("on") for name in given)
        for name in SOURCES & given.keys():
            (self.links if tag == "a" else self.loads).append(given[name])
        if tag == "img":
            self.pictures.append(given.get("alt", ""))
        if tag == "svg":
            self.pictures.append("" if given.get("role") == "img" else "no role")
        if tag == "data":
            self.values.append([given["value"], ""])
        if tag not in VOID:
            self.open.append((tag, given))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        tags = [tag for tag, _ in self.open]
        if "style" in tags:
            self.style += text
        if tags[-1:] == ["h2"]:
            self.headings[self.open[-1][1].get("id", "")[2:]] = text
        if tags[-1:] == ["title"] and tags[-2:-1] == ["svg"]:
            self.pictures[-1] += text
        if tags[-1:] == ["data"]:
            self.values[-1][1] += text


def chromium(*arguments):
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit(
            "error: chromium is missing, without which the page cannot be looked at\n"
            "hint: sudo apt-get install -y chromium"
        )
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [
                program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--user-data-dir={profile}", *arguments,
            ],
            capture_output=True, text=True, timeout=120, check=False,
        )
    if done.returncode != 0:
        raise SystemExit(f"error: chromium failed\n{done.stderr[-2000:]}")
    return done.stdout


failures = []


def check(condition, sentence):
    print(("ok      " if condition else "FAILED  ") + sentence)
    if not condition:
        failures.append(sentence)


def check_document(source, page, results):
    check(len(source) < 1_000_000, f"the page has {len(source):,} bytes, under 1 MB")
    check(page.scripts == 0, "there are no scripts")
    outside = [load for load in page.loads if not load.startswith("data:image/png;base64,")]
    check(not outside, f"nothing is loaded from outside {outside[:2]}")
    check(not re.search(r"url\(|@import|https?:", page.style), "the style loads nothing")
    broken = [link for link in page.links if link[1:] not in page.ids or link[0] != "#"]
    check(not broken, f"each of {len(page.links)} links leads to a place in the page {broken[:2]}")
    check(len(page.ids) == len(set(page.ids)), "no id is there twice")
    unnamed = [text for text in page.pictures if len(text) < 8 or text == "no role"]
    check(page.pictures and not unnamed, f"each of {len(page.pictures)} pictures has a text {unnamed[:2]}")
    sections = dict(SECTIONS)
    if any(cell.get("fraction", 1) != 1 for cell in results["cells"]):
        sections["fractions"] = "Amount of data"
    if any("pretrainingShare" in cell for cell in results["cells"]):
        sections["shares"] = "Share of pretraining"
    missing = {key: name for key, name in sections.items() if page.headings.get(key) != name}
    check(not missing, f"each of {len(sections)} sections has its heading {missing}")
    # Of amounts of data the table shows the whole; the sample's shared epochs have one share.
    cells = [cell for cell in results["cells"] if cell.get("fraction", 1) == 1]
    check(
        sorted(float(value) for value, _ in page.values) == sorted(cell["mean"] for cell in cells),
        f"the {len(cells)} numbers of the table are those of results.json",
    )
    wrong = [(v, t) for v, t in page.values if abs(100 * float(v) - float(t)) > 0.05 + 1e-9]
    check(not wrong, f"they are written in percent {wrong[:2]}")
    told = [
        results["title"], results["question"], results["scale"], results["tasks"][0]["digest"],
        results["tasks"][0]["description"]["command"],
        # What the numbers are worth: chance, correction, sampling, tuning, machine, time.
        "chance: most frequent class", "Holm's correction", "by the binomial formula",
        "one learning rate and batch size for each setting", "runs ended on",
        "under whatever load the machine had", 'id="study-file"',
    ]
    for part in told:
        whole = source.replace("&#39;", "&#x27;")
        check(part in whole or html.escape(part) in whole, f"it says '{part[:50]}'")


def check_width(page, width, folder):
    probe = folder / "probe.html"
    probe.write_text(page.read_text().replace("</body>", PROBE + "</body>"))
    dom = chromium(f"--window-size={width},900", "--virtual-time-budget=3000", "--dump-dom", probe.as_uri())
    probe.unlink()
    found = re.search(r'data-overflow="(-?\d+)"', dom)
    wide = re.search(r'data-wide="([^"]*)"', dom)
    check(found and int(found[1]) <= 0, f"nothing is wider than a window of {width} pixels {wide and wide[1]}")
    return dom


def main():
    page, results, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    folder.mkdir(parents=True, exist_ok=True)
    dom = check_width(page, 1280, folder)
    check_width(page, 1100, folder)
    # Chromium's windows are at least 500 pixels wide; a narrower page is looked at in a frame.
    source = page.read_text()
    check_document(source, Page(source), json.loads(results.read_text()))
    check("<svg" in dom and "</html>" in dom, "the browser reads the page to its end")
    check_phone(page, folder)
    shots = [("light.png", []), ("dark.png", ["--blink-settings=preferredColorScheme=0"])]
    for name, more in shots:
        chromium("--window-size=1280,9000", f"--screenshot={folder / name}", *more, page.as_uri())
        check((folder / name).stat().st_size > 20_000, f"{name} is drawn")
    check((folder / "light.png").read_bytes() != (folder / "dark.png").read_bytes(), "dark is another")
    chromium("--no-pdf-header-footer", f"--print-to-pdf={folder / 'print.pdf'}", page.as_uri())
    check((folder / "print.pdf").read_bytes()[:5] == b"%PDF-", "it prints")
    print(f"screenshots {folder}")
    if failures:
        raise SystemExit(f"error: {len(failures)} of the report's properties are missing")


def check_phone(page, folder):
    """A window of 400 pixels, as a frame, since a headless window may not be so narrow."""
    frame = folder / "frame.html"
    inner = folder / "inner.html"
    inner.write_text(page.read_text().replace("</body>", PROBE + "</body>"))
    frame.write_text(
        '<body style="margin:0"><iframe src="inner.html" style="border:0;width:400px;height:8990px">'
        "</iframe><script>addEventListener('load', () => { const f = frames[0].document.body.dataset;"
        "document.body.dataset.overflow = f.overflow; document.body.dataset.wide = f.wide })</script>"
    )
    allow = "--allow-file-access-from-files"
    dom = chromium(allow, "--virtual-time-budget=3000", "--dump-dom", frame.as_uri())
    found = re.search(r'data-overflow="(-?\d+)"', dom)
    wide = re.search(r'data-wide="([^"]*)"', dom)
    check(found and int(found[1]) <= 0, f"nothing is wider than 400 pixels {wide and wide[1]}")
    chromium(allow, "--window-size=500,9000", f"--screenshot={folder / 'phone.png'}", frame.as_uri())
    frame.unlink()
    inner.unlink()


if __name__ == "__main__":
    main()
