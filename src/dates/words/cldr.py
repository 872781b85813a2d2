#!/usr/bin/env python3
"""Writes cldr.tsv: the names of months, weekdays and near days from the Unicode Common Locale Data Repository.

    npm pack cldr-dates-full@48.2.0 && tar xzf cldr-dates-full-48.2.0.tgz
    python3 src/dates/words/cldr.py package > src/dates/words/cldr.tsv

The data is under the Unicode License V3 (SPDX Unicode-3.0), which stands beside this file as LICENSE-UNICODE.
"""

import json
import sys
from pathlib import Path

# Haitian Creole is not here: its locale data is still French.
LANGUAGES = {
    "en": ["en"], "es": ["es", "es-419"], "fr": ["fr", "fr-CA"], "pt": ["pt", "pt-PT"], "it": ["it"],
    "de": ["de", "de-AT"], "nl": ["nl"], "ar": ["ar", "ar-LB", "ar-DZ", "ar-MA", "ar-IQ"], "ru": ["ru"],
    "zh": ["zh", "zh-Hant"], "ja": ["ja"], "ko": ["ko"], "el": ["el"], "hu": ["hu"],
}
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS = range(-2, 3)


def names(locale, folder):
    """Each sense of one locale with one name for it, the best known first."""
    calendar = json.loads((folder / "ca-gregorian.json").read_text("utf-8"))
    calendar = calendar["main"][locale]["dates"]["calendars"]["gregorian"]
    fields = json.loads((folder / "dateFields.json").read_text("utf-8"))
    day = fields["main"][locale]["dates"]["fields"]["day"]
    for width in ("wide", "abbreviated"):
        for use in ("format", "stand-alone"):
            for number, name in calendar["months"][use][width].items():
                yield f"month {number}", name
            for number, weekday in enumerate(WEEKDAYS, 1):
                yield f"weekday {number}", calendar["days"][use][width][weekday]
    for ahead in DAYS:
        if name := day.get(f"relative-type-{ahead}"):
            yield f"day {ahead}", name


def main():
    package = Path(sys.argv[1])
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    print(f"# Written by cldr.py from cldr-dates-full {version}. © 2004-2026 Unicode, Inc.; see LICENSE-UNICODE.")
    for language, locales in LANGUAGES.items():
        senses = {}
        for locale in locales:
            for sense, name in names(locale, package / "main" / locale):
                name = name.rstrip(".")
                # `1月` and `H` are numbers and letters, not names.
                if len(name) > 1 and not name[0].isdigit():
                    senses.setdefault(sense, {})[name] = None
        for sense in [f"month {n}" for n in range(1, 13)] + [f"weekday {n}" for n in range(1, 8)] + [f"day {n}" for n in DAYS]:
            if sense in senses:
                print(language, sense, " | ".join(senses[sense]), sep="\t")


main()
