#!/usr/bin/env python3
"""Prints the names of months, weekdays and near days of a language, as its table has them, from the Unicode Common Locale Data
Repository:

    npm pack cldr-dates-full@48.2.0 && tar xzf cldr-dates-full-48.2.0.tgz
    python3 data/languages/cldr.py package es es-419

The first locale is the language's own; further ones add the forms of other countries. What bulletins write beside these
forms is added to the table by hand.

The data is under the Unicode License V3 (SPDX Unicode-3.0): LICENSE-UNICODE in this folder.
"""

import json
import sys
from pathlib import Path

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS = range(-2, 3)
SECTIONS = {"months": range(1, 13), "weekdays": range(1, 8), "near_days": DAYS}


def names(locale, folder):
    """Each section and key of one locale with one name for it, the best known first."""
    calendar = json.loads((folder / "ca-gregorian.json").read_text("utf-8"))
    calendar = calendar["main"][locale]["dates"]["calendars"]["gregorian"]
    fields = json.loads((folder / "dateFields.json").read_text("utf-8"))
    day = fields["main"][locale]["dates"]["fields"]["day"]
    for width in ("wide", "abbreviated"):
        for use in ("format", "stand-alone"):
            for number, name in calendar["months"][use][width].items():
                yield ("months", int(number)), name
            for number, weekday in enumerate(WEEKDAYS, 1):
                yield ("weekdays", number), calendar["days"][use][width][weekday]
    for ahead in DAYS:
        if name := day.get(f"relative-type-{ahead}"):
            yield ("near_days", ahead), name


def value(forms):
    """One string of words, or a list where there are phrases."""
    if any(" " in form for form in forms):
        return "[" + ", ".join(f'"{form}"' for form in forms) + "]"
    return '"' + " ".join(forms) + '"'


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    found = {}
    for locale in sys.argv[2:]:
        for key, name in names(locale, Path(sys.argv[1]) / "main" / locale):
            name = name.rstrip(".")
            # `1月` and `H` are numbers and letters, not names.
            if len(name) > 1 and not name[0].isdigit():
                found.setdefault(key, {})[name] = None
    for section, numbers in SECTIONS.items():
        print(f"[{section}]")
        for number in numbers:
            if forms := found.get((section, number)):
                print(number, "=", value(list(forms)))
        print()


main()
