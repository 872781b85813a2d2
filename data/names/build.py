#!/usr/bin/env python3
"""Makes names.tsv, what countries and languages are called on the pages, from the names of CLDR.

    npm install --no-save --ignore-scripts --prefix /tmp/names cldr-localenames-full@48.2.0
    python3 data/names/build.py /tmp/names/node_modules

The same input gives the same table. What it looks like, and the licence of its input, are in README.md.
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
SITES = ("en", "es")
# `UK` and `US` are short, but no names to head a page with.
WHOLE = {"GB", "US"}
NO_LANGUAGE = {"mul", "und", "zxx"}


def names(root, site, kind, code):
    """The name of each code that `code` matches; the short one of a country, where there is one."""
    path = root / f"cldr-localenames-full/main/{site}/{kind}.json"
    found = json.loads(path.read_text())["main"][site]["localeDisplayNames"][kind]
    plain = {key: name for key, name in found.items() if re.fullmatch(code, key)}
    short = {key: found.get(key + "-alt-short") for key in plain if kind == "territories" and key not in WHOLE}
    return {key: short.get(key) or name for key, name in plain.items()}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    table = []
    for kind, code in (("territories", "[A-Z]{2}"), ("languages", "[a-z]{2,3}")):
        english, others = (names(root, site, kind, code) for site in SITES)
        table += [(key, name, others.get(key, name)) for key, name in english.items() if key not in NO_LANGUAGE]
    text = "".join("\t".join(row) + "\n" for row in sorted(table))
    (HERE / "names.tsv").write_text(text, encoding="utf-8")
    print(f"{len(table)} names, {len(text)} characters")


main()
