use proptest::prelude::*;

use super::*;

fn check(text: &str, tree: &str) {
    let read = Query::parse(text).expect("a query");
    assert_eq!(read.query.to_string(), tree, "{text}");
    assert_eq!(read.columns.len(), read.query.leaves().len());
}

#[test]
fn juxtaposition_binds_tighter_than_or() {
    check("a b OR c", r#"(("a" "b") OR "c")"#);
    check("a (b OR c) -d", r#"("a" ("b" OR "c") -"d")"#);
    check("a AND NOT b", r#"("a" -"b")"#);
    check("a && b || c", r#"(("a" "b") OR "c")"#);
    check("-(a OR b)", r#"-("a" OR "b")"#);
}

#[test]
fn words_are_split_as_texts_are() {
    check("2019-2025 l'eau 12:30", r#"("2019 2025" "l eau" "12 30")"#);
    check("«labour migration»", r#""labour migration""#);
    check("移民 COVID肺炎", r#"("移 民" "COVID 肺 炎")"#);
    check("and/or", r#""and or""#);
}

#[test]
fn forms_of_words() {
    check("=workers", r#""=workers""#);
    check(r#"="migrant workers""#, r#""=migrant =workers""#);
    check(
        r#""migrant =workers in mexic*""#,
        r#""migrant =workers in mexic*""#,
    );
    check("cross-bord*", r#""cross bord*""#);
    check(r#""trata * personas""#, r#""trata * personas""#);
    check(r#""migrant worker"~5"#, r#""migrant worker"~5"#);
    check("移*", r#""移*""#);
    check(r"/h\.?c\/r \\/", r"/h\.?c\/r \\/");
}

#[test]
fn fields_hold_for_what_stands_behind_them() {
    check("a country:mx", r#"("a" region:MX)"#);
    check("Region:MX-CHP", "region:MX-CHP");
    check("country:(MX OR GT)", "(region:MX OR region:GT)");
    check(
        "title:(flood OR storm) b",
        r#"((title:"flood" OR title:"storm") "b")"#,
    );
    check("-title:flood*", r#"-title:"flood*""#);
    check("title:-flood", r#"-title:"flood""#);
    check(
        r#"summary:"a b"~2 tag:/x+/"#,
        r#"(summary:"a b"~2 tag:/x+/)"#,
    );
    check("author:=Ana", r#"author:"=Ana""#);
    check(
        "lang:pt_BR source:iom topic:t",
        "(lang:pt-BR source:iom topic:t)",
    );
    check(
        "after:2021 before:2021-06 before:2021-06-28",
        "(after:2021-01-01 before:2021-06-01 before:2021-06-28)",
    );
}

#[test]
fn every_leaf_has_a_column() {
    let read = Query::parse("ñ (title:b OR \"c d\") -source:e").unwrap();
    assert_eq!(read.columns, [1, 10, 15, 30]);
}

fn fails(text: &str, column: usize, message: &str) {
    let error = Query::parse(text).unwrap_err();
    assert_eq!(
        (error.column, error.message.as_str()),
        (column, message),
        "{text}"
    );
}

#[test]
fn mistakes_have_a_column() {
    fails("", 1, "a word is missing at the end");
    fails("a OR", 5, "a word is missing at the end");
    fails("ñ (b", 3, "this `(` is never closed");
    fails("a )", 3, "there is no `(` for this `)`");
    fails("a \"b", 3, "this phrase has no closing quotation mark");
    fails("OR a", 1, "a word is missing before this `OR`");
    fails("()", 2, "a word is missing before this `)`");
    fails("a ... b", 3, "there is no letter or digit to look for");
    fails("a !b", 3, "`!` is no operator");
    fails(&"(".repeat(100), 65, "more than 64 levels of nesting");
    fails(
        &"a".repeat(5000),
        4097,
        "a query has at most 4096 characters",
    );
    fails(
        &"a ".repeat(1001),
        2001,
        "a query has at most 1000 words and fields",
    );
}

#[test]
fn mistakes_in_words() {
    fails("x mi*ra", 5, "`*` stands only at the end of a word");
    fails(
        "x m*",
        3,
        "one letter and `*` would match almost every text",
    );
    fails("*", 1, "`*` stands for a word between two others");
    fails("\"a *\"", 2, "`*` stands for a word between two others");
    fails("a migrant~2", 10, "`~` stands right behind a phrase only");
    fails("\"a b\" ~2", 7, "`~` stands right behind a phrase only");
    fails(
        "\"a b\"~x",
        7,
        "`~` wants the number of other words among them, 0 to 100",
    );
    fails(
        "\"a\"~2",
        2,
        "`~` wants a phrase of at least two words and no `*` among them",
    );
    fails("a /b", 3, "this regular expression has no closing `/`");
    fails(
        "/b?/",
        1,
        "this expression matches any text, for it matches an empty one",
    );
    fails("/(b/", 1, "this is no regular expression: unclosed group");
    fails(
        "/(\\w{50}){50}/",
        1,
        "this expression is too large: ask for fewer repetitions",
    );
    fails(
        &"/b/ ".repeat(9),
        33,
        "a query has at most 8 regular expressions",
    );
}

#[test]
fn mistakes_in_fields() {
    fails(
        "a country:Mexico",
        11,
        "`Mexico` is not a country by its code of ISO 3166",
    );
    fails(
        "country:MX-CHP",
        9,
        "`MX-CHP` is not a country by its code of ISO 3166",
    );
    fails("region:", 8, "there is nothing right behind `region:`");
    fails("a title: b", 9, "there is nothing right behind `title:`");
    fails(
        "title:(a summary:b)",
        10,
        "`summary:` stands within `title:`",
    );
    fails("source:a*", 8, "`a*` is not the id of a source");
    fails("source:\"a\"~1", 8, "`source:` takes one plain value");
    fails("before:7d", 8, "`7d` is not a day, a month or a year");
    fails(
        "after:2021-6-1",
        7,
        "`2021-6-1` is not a day, a month or a year",
    );
    fails(
        "after:2021-02-29",
        7,
        "`2021-02-29` is not a day, a month or a year",
    );
    fails("a https://b", 3, "there is no field `https:`");
}

#[test]
fn a_field_that_is_none_is_guessed() {
    let hint = |text: &str| Query::parse(text).unwrap_err().hint.unwrap();
    assert_eq!(hint("contry:MX"), "did you mean `country:`?");
    assert_eq!(hint("language:es"), "did you mean `lang:`?");
    assert_eq!(hint("tags:x"), "did you mean `tag:`?");
    assert_eq!(hint("x:y"), "put words with a colon in quotation marks");
}

fn warned(text: &str) -> Vec<(usize, String)> {
    let warnings = Query::parse(text).expect("a query").warnings;
    let plain = |warning: QueryWarning| (warning.column, warning.message);
    warnings.into_iter().map(plain).collect()
}

#[test]
fn likely_slips_are_warned_about() {
    let columns = |text: &str, expected: &[usize]| {
        let found: Vec<usize> = warned(text).iter().map(|(column, _)| *column).collect();
        assert_eq!(found, expected, "{text}");
    };
    columns("b or c", &[3]);
    columns("b OR c -d", &[8]);
    columns("(b OR c) -d", &[]);
    columns("\"b or the c\"", &[]);
    columns("flood the", &[7]);
    columns("'labour migration'", &[1]);
    columns("title:the", &[]);
}

#[test]
fn queries_that_nothing_matches_are_warned_about() {
    let check = |text: &str, contradicts: bool| {
        let query = Query::parse(text).unwrap().query;
        assert_eq!(query.find_contradiction().is_some(), contradicts, "{text}");
    };
    check("b -b", true);
    check("b -B", true);
    check("b (c -(d OR b))", true);
    check("(b OR c) -b -c", true);
    check("(b OR c) -b", false);
    check("(b -b) OR c", false);
    check("(b -b) OR (c -c)", true);
    check("x (c -c)", true);
    check("b -\"b c\"", false);
    check("title:b -b", false);
    check("after:2022 before:2021", true);
    check("after:2021 before:2021", true);
    check("after:2021 before:2022", false);
}

pub(crate) fn trees(words: &'static [&'static str]) -> impl Strategy<Value = Query> {
    let text = move || prop::sample::select(words);
    let word = prop_oneof![
        4 => text().prop_map(|word| QueryWord::Inflected(word.into())),
        1 => text().prop_map(|word| QueryWord::Exact(word.into())),
        1 => text().prop_filter_map("two letters", |word| {
            let two = word.chars().nth(1).is_some();
            two.then(|| QueryWord::Prefix(word.into()))
        }),
    ];
    let parts = [None, None, None]
        .into_iter()
        .chain(ItemPart::ALL.map(Some))
        .collect::<Vec<_>>();
    let part = prop::sample::select(parts);
    let phrase = (
        part.clone(),
        prop::collection::vec(word, 1..4),
        prop::option::weighted(0.3, 0..4_u8),
        any::<bool>(),
    );
    let words = phrase.prop_map(|(part, mut words, apart, gap)| {
        let several = words.len() > 1;
        let apart = apart.filter(|_| several);
        if gap && several && apart.is_none() {
            words.insert(1, QueryWord::Any);
        }
        Query::Words(QueryWords { part, words, apart })
    });
    let regex = (
        part,
        prop::sample::select(vec!["ab+", r"\bmi", r"a/b\\", "n.w"]),
    );
    let regex = regex
        .prop_map(|(part, text)| Query::Regex(part, QueryRegex::new(text).expect("an expression")));
    let facts = [
        "region:MX",
        "region:MX-CHP",
        "lang:es",
        "lang:es-MX",
        "source:a",
        "source:b",
        "topic:saved",
        "topic:other",
        "before:2021-06",
        "after:2021-06-02",
    ];
    let fact = prop::sample::select(facts.to_vec())
        .prop_map(|text| Query::parse(text).expect("a query").query);
    prop_oneof![8 => words, 1 => regex, 3 => fact].prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Query::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Query::Or),
            inner.prop_map(|query| Query::Not(Box::new(query))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(query in trees(&["ab", "Ñandú", "移", "x9", "ที่", "c\u{327}a"])) {
        prop_assert_eq!(Query::parse(&query.to_string()).expect("our own writing").query, query);
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let read = Query::parse(&text);
        prop_assert!(read.is_ok() || read.is_err_and(|error| error.column >= 1));
    }

    /// Text made of the query language's own signs tests more than random text.
    #[test]
    fn what_is_read_reads_back(text in r#"([ab移* =~1()/\\\-"]|title:|OR | after:2021){0,20}"#) {
        if let Ok(read) = Query::parse(&text) {
            let again = Query::parse(&read.query.to_string()).expect("our own writing");
            prop_assert_eq!(again.query, read.query);
        }
    }
}
