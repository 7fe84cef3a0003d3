#!/usr/bin/env python3
"""Pastes the shell blocks of a Markdown section into one bash, and compares what they print with the block shown after each.

usage: paste.py FILE HEADING [OLD=NEW ...]        OLD is replaced by NEW in every shell block (ports, the way to a token)

A `json` block holds one or more JSON values: each must equal the next one printed. In a `text` block each line must occur.
In both, "…" stands for any text. Every command must succeed.
"""
import json, re, subprocess, sys, tempfile

SEPARATOR = "\x1e"


def blocks(text, heading):
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```(\w+)\n(.*?)^```$", section, re.M | re.S)


def matches(shown, seen):
    if isinstance(shown, str) and isinstance(seen, str):
        return re.fullmatch(".+".join(map(re.escape, shown.split("…"))), seen, re.S) is not None
    if isinstance(shown, list) and isinstance(seen, list):
        return len(shown) == len(seen) and all(map(matches, shown, seen))
    if isinstance(shown, dict) and isinstance(seen, dict):
        return shown.keys() == seen.keys() and all(matches(shown[k], seen[k]) for k in shown)
    return type(shown) is type(seen) and shown == seen


def values(text):
    found, decoder, text = [], json.JSONDecoder(), text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    return found


def differences(kind, shown, seen):
    if kind == "text":
        lines = [re.compile(".+".join(map(re.escape, line.split("…"))), re.I) for line in shown.splitlines()]
        return [f"no line with {line.pattern}" for line in lines if not line.search(seen)]
    try:
        got = values(seen)
    except ValueError as problem:
        return [f"not JSON: {problem}"]
    return [] if matches(values(shown), got) else [f"shown: {shown.strip()}"]


def main():
    path, heading, *changes = sys.argv[1:]
    steps = []
    for kind, content in blocks(open(path, encoding="utf-8").read(), heading):
        if kind == "sh":
            for change in changes:
                content = content.replace(*change.split("=", 1))
            steps.append([content, None, None])
        else:
            steps[-1][1:] = [kind, content]
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write("set -eo pipefail\n" + f"printf '{SEPARATOR}'\n".join(step[0] for step in steps))
        script.flush()
        run = subprocess.run(["bash", script.name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    printed = run.stdout.split(SEPARATOR)
    wrong = 0
    for (command, kind, shown), seen in zip(steps, printed):
        problems = differences(kind, shown, seen) if kind else []
        wrong += bool(problems)
        print(f"$ {command.strip()}\n{seen.rstrip()}\n" + "".join(f"!! {problem}\n" for problem in problems))
    if run.returncode:
        print(f"!! the last command above failed (exit {run.returncode})")
    print(f"{len(printed)} of {len(steps)} blocks ran, {wrong} with another answer than shown")
    return 0 if steps and not wrong and not run.returncode else 1


sys.exit(main())
