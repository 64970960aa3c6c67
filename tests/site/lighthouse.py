"""Lighthouse on the heaviest lecture page and a text page, phone and laptop: `make lighthouse`.

Every audit counts, performance as the median of several runs. Needs npx (Node.js) and Chromium;
the floors are loose, for a machine that does other things too.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from book import chromium

from .site import LECTURES, SITE, serve

LIGHTHOUSE = "lighthouse@12.8.2"
OTHERS = ["accessibility", "best-practices", "seo"]
FLOORS = {("lecture", "mobile"): 0.70, ("text", "mobile"): 0.85}  # on a laptop .90
FIGURES = {
    "LCP s": ("largest-contentful-paint", 1000),
    "FCP s": ("first-contentful-paint", 1000),
    "TBT ms": ("total-blocking-time", 1),
    "CLS": ("cumulative-layout-shift", 1),
    "kB": ("total-byte-weight", 1000),
}


def measure(url: str, device: str, browser: str) -> dict:
    """One run's report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        flags = " ".join(["--headless=new", *chromium.FLAGS, f"--user-data-dir={folder}/profile"])
        command = ["npx", "--yes", "--loglevel=error", LIGHTHOUSE, url, "--quiet", "--output=json"]
        command += [f"--output-path={report}", f"--chrome-flags={flags}"]
        command += ["--preset=desktop"] if device == "desktop" else []
        environment = {**chromium.environment(Path(folder)), "CHROME_PATH": browser}
        subprocess.run(command, check=True, env=environment)
        return json.loads(report.read_text("utf-8"))


def row(kind: str, device: str, runs: list[dict]) -> bool:
    """Print the medians; are they above the floor?"""
    performance = statistics.median(run["categories"]["performance"]["score"] for run in runs)
    others = [min(run["categories"][name]["score"] for run in runs) for name in OTHERS]
    figures = {
        name: statistics.median(run["audits"][audit]["numericValue"] for run in runs) / unit
        for name, (audit, unit) in FIGURES.items()
    }
    cells = [f"{score:.2f}" for score in (performance, *others)]
    cells += [f"{value:.3g}" for value in figures.values()]
    print(f"| {kind} | {device} | " + " | ".join(cells) + " |", flush=True)
    calm = figures["LCP s"] <= 3 and figures["CLS"] <= 0.1
    return performance >= FLOORS.get((kind, device), 0.90) and min(others) == 1 and calm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    if (browser := chromium.find()) is None:
        sys.exit(chromium.MISSING)
    heaviest = max(LECTURES, key=lambda page: (SITE / f"{page}.html").stat().st_size)
    pages = {"lecture": heaviest, "text": "book/getting_started"}
    print(", ".join(f"{kind}: {page}" for kind, page in pages.items()) + f"; median of {runs}\n")
    print("| page | device | performance | " + " | ".join([*OTHERS, *FIGURES]) + " |")
    print("|---" * (3 + len(OTHERS) + len(FIGURES)) + "|")
    passed = []
    with serve(SITE) as address:
        for kind, page in pages.items():
            for device in "mobile", "desktop":
                url = f"{address}/{page}.html"
                reports = [measure(url, device, browser) for _ in range(runs)]
                passed.append(row(kind, device, reports))
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
