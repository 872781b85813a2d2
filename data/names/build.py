#!/usr/bin/env python3
"""Makes names.tsv, what countries, their subdivisions and languages are called, from the names of CLDR.

    npm install --no-save --ignore-scripts --prefix /tmp/names cldr-localenames-full@48.2.0 \\
        cldr-subdivisions-full@48.2.0
    python3 data/names/build.py /tmp/names/node_modules

The same input gives the same table. What it looks like, and the licence of its input, are in README.md.
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
# The languages in which pages speak: those of `data/languages` that have page texts, English first.
SITES = ("en", "es", "pl")
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


# Capitals and states that would bear one name, and names that CLDR writes without their accents.
OWN = {
    "MX-CMX": {"en": "Mexico City", "es": "Ciudad de México", "pl": "Meksyk (miasto)"},
    "MX-MEX": {"en": "State of Mexico", "es": "Estado de México", "pl": "Meksyk (stan)"},
}


def subdivisions(root, site):
    """The names of subdivisions by their codes of ISO 3166-2; a sign marks those that are also called otherwise."""
    path = root / f"cldr-subdivisions-full/subdivisions/{site}/{site}.json"
    found = json.loads(path.read_text())["subdivisions"]["localeDisplayNames"]["subdivisions"]
    codes = {f"{key[:2]}-{key[2:]}".upper(): re.sub(r"[¹²³⁴]+$", "", name) for key, name in found.items()}
    return {code: name for code, name in codes.items() if re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}", code)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    table = {}
    for kind, code in (("territories", "[A-Z]{2}"), ("languages", "[a-z]{2,3}"), ("subdivisions", "")):
        found = {site: subdivisions(root, site) if kind == "subdivisions" else names(root, site, kind, code) for site in SITES}
        for key in found["en"]:
            if key not in NO_LANGUAGE:
                table[key] = [OWN.get(key, {}).get(site) or found[site].get(key, "") for site in SITES]
    lines = ["\t".join(("code", *SITES))]
    for key, (english, *others) in sorted(table.items()):
        # A name that is the English one stands once.
        others = [name if name != english else "" for name in others]
        lines.append("\t".join((key, english, *others)).rstrip("\t"))
    text = "\n".join(lines) + "\n"
    (HERE / "names.tsv").write_text(text, encoding="utf-8")
    print(f"{len(table)} names, {len(text)} characters")


main()
