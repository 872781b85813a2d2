//! Tests of reading dates, by example and by property.

use chrono::{DateTime, Datelike as _, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::model::Precision;

/// A Monday; Mexico City is six hours behind.
const NOW: &str = "2021-06-28T12:30:00Z";

fn hints(language: Option<&Language>, order: Option<DateOrder>) -> DateHints<'_> {
    DateHints {
        language,
        order,
        learned: None,
        zone: chrono_tz::America::Mexico_City,
        now: DateTime::parse_from_rfc3339(NOW).unwrap().to_utc(),
    }
}

/// Shows a day as a day, an instant with its offset, and derived dates after `~`.
fn show(reading: DateReading) -> String {
    let dated = reading.dated;
    let written = match dated.precision {
        Precision::Instant => dated.at.to_rfc3339(),
        _ => dated.format_local(),
    };
    let end = reading
        .end
        .map_or_else(String::new, |end| format!("/{end}"));
    let basis = match reading.basis {
        DateBasis::Stated => "",
        DateBasis::Derived => "~",
        DateBasis::Presumed => "?",
    };
    format!("{basis}{written}{end}")
}

fn shown(reading: Option<DateReading>) -> String {
    reading.map_or_else(|| "none".to_owned(), show)
}

fn check(text: &str, expected: &str) {
    assert_eq!(
        shown(parse_date(text, &hints(None, None))),
        expected,
        "{text}"
    );
}

fn check_in(language: &str, order: Option<DateOrder>, text: &str, expected: &str) {
    let language = language.parse().unwrap();
    let reading = parse_date(text, &hints(Some(&language), order));
    assert_eq!(shown(reading), expected, "{text}");
}

fn check_zone(zone: Tz, text: &str, expected: &str) {
    let hints = DateHints {
        zone,
        ..hints(None, None)
    };
    let reading = parse_date(text, &hints).map(|reading| reading.dated.at.to_rfc3339());
    assert_eq!(reading.as_deref(), Some(expected), "{text}");
}

fn check_found(text: &str, expected: Option<(&str, &str)>) {
    let found = find_date(text, &hints(None, None));
    let found = found.map(|(range, reading)| (text.get(range).unwrap(), show(reading)));
    let found = found.as_ref().map(|(text, date)| (*text, date.as_str()));
    assert_eq!(found, expected, "{text}");
}

#[test]
fn rfc_822_in_its_wild_forms() {
    check("Mon, 28 Jun 2021 09:10:05 GMT", "2021-06-28T09:10:05+00:00");
    check("28 Jun 21 09:10 EST", "2021-06-28T09:10:00-05:00");
    check(
        "Mon, 28 Jun 2021 9:10:05 -0600",
        "2021-06-28T09:10:05-06:00",
    );
    check("28 Jun 99 09:10:05 PDT", "1999-06-28T09:10:05-07:00");
    check(
        "Mon, 28 June 2021 09:10:05 +0200 (CEST)",
        "2021-06-28T09:10:05+02:00",
    );
    check("Mon Jun 28 09:10:05 UTC 2021", "2021-06-28T09:10:05+00:00");
    check("Mon, 28 Jun 2021 09:10:60 Z", "2021-06-28T09:10:59+00:00");
    check("Mon, 28 Jun 2021 24:10:00 GMT", "none");
}

#[test]
fn rfc_3339_and_what_passes_for_it() {
    check("2021-06-28T09:10:05Z", "2021-06-28T09:10:05+00:00");
    check(
        "2021-06-28t09:10:05.123456+02:00",
        "2021-06-28T09:10:05+02:00",
    );
    check("2021-06-28T09:10-06:00", "2021-06-28T09:10:00-06:00");
    check("2021-06-28 09:10:05", "2021-06-28T09:10:05-05:00");
    check("2021-06-28", "2021-06-28");
    check("2021-06-28T09:10:05+0530", "2021-06-28T09:10:05+05:30");
    check("2021-13-28", "none");
    check("2021-06", "2021-06/2021-06-30");
}

#[test]
fn english_long_forms() {
    for text in [
        "28 June, 2021",
        "June 28th, 2021",
        "Monday 28 June 2021",
        "the 28th of June 2021",
        "Published: 28 Jun. 2021 |",
        "Mon. Jun 28, 2021",
        "28-Jun-2021",
        "\u{200B}28\u{A0}JUNE\u{202F}2021\u{FEFF}",
    ] {
        check(text, "2021-06-28");
    }
    check("Sept. 2, 2021", "2021-09-02");
    check("June 28, 2021 at 3:05 PM", "2021-06-28T15:05:00-05:00");
    check("12:05 a.m., June 28, 2021", "2021-06-28T00:05:00-05:00");
    check("28 June 2021, 3 p.m. (GMT-6)", "2021-06-28T15:00:00-06:00");
    check("28-29 June 2021", "2021-06-28/2021-06-29");
    check("30 December – 2 January 2021", "2020-12-30/2021-01-02");
}

#[test]
fn spanish_long_forms() {
    for text in [
        "28 de junio de 2021",
        "lunes, 28 de junio del 2021",
        "Fecha de publicación: 28 JUNIO 2021",
        "Junio 28, 2021",
        "28/jun/21",
    ] {
        check(text, "2021-06-28");
    }
    check("5 Enero, 2018", "2018-01-05");
    check("1º de mayo de 2021", "2021-05-01");
    check("2 setiembre 2021", "2021-09-02");
    check("mar. 5 ene. 2021", "2021-01-05");
    check("13 Ago, 2020", "2020-08-13");
    check("28 de junio de 2021, 09:10h", "2021-06-28T09:10:00-05:00");
    check(
        "28 de junio de 2021 a las 10:30 p. m.",
        "2021-06-28T22:30:00-05:00",
    );
}

#[test]
fn a_day_without_a_year_is_the_latest() {
    check("28 June", "~2021-06-28");
    check("29 June", "~2020-06-29");
    check("29 de febrero", "~2020-02-29");
    check("Sat 26 Jun, 10:30", "~2021-06-26T10:30:00-05:00");
}

#[test]
fn relative_dates() {
    check("3 days ago", "~2021-06-25");
    check("hace 3 días", "~2021-06-25");
    check("14 horas hace", "~2021-06-27T17:30:00-05:00");
    check("an hour ago", "~2021-06-28T06:30:00-05:00");
    check("hace una semana", "~2021-06-21");
    check("1 month ago", "~2021-05");
    check("hace 2 años", "~2019");
    check("yesterday", "~2021-06-27");
    check("ayer", "~2021-06-27");
    check("Posted today at 05:00", "~2021-06-28T05:00:00-05:00");
    check("9999 years ago", "none");
    check("3 days", "?2021-06-25");
}

#[test]
fn numeric_dates_follow_order_then_reason_then_language() {
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    check_in("en", Some(DayMonthYear), "03/04/2021", "2021-04-03");
    check_in("es", Some(MonthDayYear), "03/04/2021", "2021-03-04");
    check_in("en", Some(YearMonthDay), "21/06/28", "2021-06-28");
    check_in("es", Some(DayMonthYear), "06/28/2021", "2021-06-28");
    check_in("es-CR", None, "03.04.21", "2021-04-03");
    check_in("en", None, "03/04/2021", "none");
    check_in("en", None, "04/04/2021", "2021-04-04");
    check_in("en", None, "28-06-21", "2021-06-28");
    check_in("en", None, "2021/06/28", "2021-06-28");
}

#[test]
fn what_is_no_date() {
    for text in [
        "",
        "Published:",
        "Page 3 of 12",
        "Tel. 2222-0000",
        "2030 Agenda",
        "2017-2022",
        "30 de febrero",
        "28 June 1821",
        "28 June 2101",
        "10.1.12.5",
        "Mar Caribe",
        "Objective 10.7",
        "28 June 2021 in San José",
    ] {
        check(text, "none");
    }
}

#[test]
fn clocks_that_change_have_an_answer() {
    use chrono_tz::America::{Havana, New_York};
    // A skipped time, a repeated time, and a skipped midnight.
    check_zone(New_York, "2021-03-14 02:30", "2021-03-14T03:30:00-04:00");
    check_zone(New_York, "2021-11-07 01:30", "2021-11-07T01:30:00-04:00");
    check_zone(Havana, "14 March 2021", "2021-03-14T01:00:00-04:00");
}

#[test]
fn dates_are_found_in_texts() {
    let text = "San José, 28 de junio de 2021.- Se abrió el 1 de mayo";
    check_found(text, Some(("28 de junio de 2021", "2021-06-28")));
    let text = "The seminar of Monday, June 28th, 2021 had 42 guests";
    check_found(text, Some(("Monday, June 28th, 2021", "2021-06-28")));
    check_found("Room 12, tel. 2222-0000, plan 2017-2022", None);
    check_found(
        "30 February 2021, then 1 March 2021",
        Some(("1 March 2021", "2021-03-01")),
    );
    check_found(
        "Bulletin no. 12, April 2022",
        Some(("April 2022", "2022-04/2022-04-30")),
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*", language in "en|es") {
        let language = language.parse().unwrap();
        let hints = hints(Some(&language), None);
        if let Some((range, _)) = find_date(&text, &hints) {
            prop_assert!(text.get(range).is_some());
        }
        parse_date(&text, &hints);
    }

    #[test]
    fn no_words_of_dates_panic(
        words in proptest::collection::vec("[0-9]{1,5}|[-/:., ]|jun|mar|a|p|m|h|ago|hace|de|t|z|day|est", 0..12)
    ) {
        let text = words.concat();
        parse_date(&text, &hints(None, None));
        find_date(&words.join(" "), &hints(None, None));
    }

    #[test]
    fn what_is_written_is_read(seconds in -2_208_988_800_i64..4_102_444_800) {
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let hints = hints(None, None);
        for text in [at.to_rfc2822(), at.to_rfc3339(), at.format("%-d %B, %Y %H:%M:%S GMT").to_string()] {
            let reading = parse_date(&text, &hints);
            prop_assert_eq!(reading.map(|reading| reading.dated.at.to_utc()), Some(at), "{}", text);
        }
    }

    #[test]
    fn a_date_that_is_read_is_found(day in 1_u32..=28, month in 1_u32..=12, year in 1900_i32..=2100) {
        let date = chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let text = date.format("%A %-d %B %Y").to_string();
        let hints = hints(None, None);
        let within = format!("On {text} they met");
        let found = find_date(&within, &hints);
        prop_assert_eq!(found.map(|found| found.1), parse_date(&text, &hints));
    }
}

/// Rows of `language, order, text, expected`.
#[test]
fn fields_of_all_languages() {
    let rows = include_str!("../../tests/fixtures/dates/fields.tsv").lines();
    let rows = rows.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wrong = Vec::new();
    for row in rows {
        let [language, order, text, expected] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let language: Option<Language> = language.parse().ok();
        let found = shown(parse_field(
            text,
            &hints(language.as_ref(), order.parse().ok()),
        ));
        if found != expected {
            wrong.push(format!("{row}, not {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Dates in each language's own form: `{d}` day, `{m}` month, `{y}` year.
const WRITTEN: [(&str, &str, [&str; 12]); 10] = [
    (
        "en",
        "{m} {d}, {y}",
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    ),
    (
        "es",
        "{d} de {m} de {y}",
        [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
    ),
    (
        "fr",
        "le {d} {m} {y}",
        [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
    ),
    (
        "pt",
        "{d} de {m} de {y}",
        [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
    ),
    (
        "it",
        "{d} {m} {y}",
        [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ],
    ),
    (
        "de",
        "{d}. {m} {y}",
        [
            "Jänner",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
    ),
    (
        "nl",
        "{d} {m} {y}",
        [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
    ),
    (
        "ht",
        "{d} {m} {y}",
        [
            "janvye", "fevriye", "mas", "avril", "me", "jen", "jiyè", "out", "septanm", "oktòb",
            "novanm", "desanm",
        ],
    ),
    (
        "ar",
        "{d} {m} {y}",
        [
            "كانون الثاني",
            "شباط",
            "آذار",
            "نيسان",
            "أيار",
            "حزيران",
            "تموز",
            "آب",
            "أيلول",
            "تشرين الأول",
            "تشرين الثاني",
            "كانون الأول",
        ],
    ),
    (
        "ru",
        "{d} {m} {y} г.",
        [
            "января",
            "февраля",
            "марта",
            "апреля",
            "мая",
            "июня",
            "июля",
            "августа",
            "сентября",
            "октября",
            "ноября",
            "декабря",
        ],
    ),
];

/// Replaces ASCII digits by the digits that begin with `zero`.
fn in_digits(text: &str, zero: char) -> String {
    let digit = |c: char| {
        c.to_digit(10)
            .and_then(|value| char::from_u32(u32::from(zero) + value))
    };
    text.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

fn day() -> impl Strategy<Value = NaiveDate> {
    let days = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap()
        ..=NaiveDate::from_ymd_opt(2100, 12, 31).unwrap();
    (days.start().num_days_from_ce()..=days.end().num_days_from_ce())
        .prop_map(|day| NaiveDate::from_num_days_from_ce_opt(day).unwrap())
}

proptest! {
    #[test]
    fn a_date_written_in_any_language_is_read_back(date in day(), zero in "[0٠۰०０]") {
        let expected = date.to_string();
        let cjk = [("zh", date.format("%Y年%-m月%-d日")), ("ja", date.format("%Y年%-m月%-d日")), ("ko", date.format("%Y년 %-m월 %-d일"))];
        let written = WRITTEN.iter().map(|(language, form, months)| {
            let text = form.replace("{m}", months[date.month0() as usize]);
            (*language, text.replace("{d}", &date.day().to_string()).replace("{y}", &date.year().to_string()))
        });
        for (language, text) in written.chain(cjk.map(|(language, text)| (language, text.to_string()))) {
            let language = language.parse().unwrap();
            let text = in_digits(&text, zero.chars().next().unwrap());
            prop_assert_eq!(&shown(parse_date(&text, &hints(Some(&language), None))), &expected, "{}", text);
            // The language is a hint: without it only `out`, October or August, may mean another month.
            let unhinted = parse_date(&text, &hints(None, None));
            prop_assert!(text.contains("out") || shown(unhinted) == expected, "{}", text);
            let within = format!("«{text}» x");
            prop_assert_eq!(find_date(&within, &hints(Some(&language), None)).map(|found| show(found.1)), Some(expected.clone()), "{}", within);
        }
    }

    #[test]
    fn what_is_read_is_a_field_too(text in "([0-9]{1,4}|[-/:., ]|jun|may|of|de|a|T|days|ago|hace|2021| ){1,10}") {
        let hints = hints(None, None);
        if let Some(reading) = parse_date(&text, &hints) {
            prop_assert_eq!(parse_field(&text, &hints), Some(reading));
        }
        if let Some((range, reading)) = find_date(&text, &hints) {
            let found = text.get(range).unwrap();
            prop_assert_eq!(find_date(found, &hints).map(|found| found.1), Some(reading), "{}", found);
        }
    }
}

/// Forms look at a bounded number of tokens: a text ten times as long takes ten times the work, not a hundred times.
#[test]
fn reading_is_linear() {
    for part in [
        "1 ", "may ", "1-", "3, ", "hace 1 ", "年", "le 1er ", "(", "10:30 ", "sem. ",
    ] {
        let looked = |times: usize| {
            let text = part.repeat(times);
            let tokens = tokenize(&text);
            let grammar = DateGrammar::new(&text, &tokens, &hints(None, None));
            (0..tokens.len())
                .filter_map(|start| Some(grammar.match_at(start)?.1 - start))
                .max()
                .unwrap_or(0)
        };
        assert!(looked(400) <= 40, "{part}: {} tokens", looked(400));
    }
}

#[test]
fn a_month_that_is_a_weekday_elsewhere_is_a_month() {
    check("Mar 25, 2021", "2021-03-25");
    check("Mar 5 2021", "2021-03-05");
    check("Mar. 26, 2021", "2021-03-26");
    check("mar 2 mars 2021", "2021-03-02");
}

#[test]
fn polish_is_read() {
    check("28 czerwca 2021", "2021-06-28");
    check("28 czerwca 2021 r.", "2021-06-28");
    check("poniedziałek, 28 czerwca 2021 r.", "2021-06-28");
    check("1 września 2021", "2021-09-01");
    check("1 wrzesnia 2021", "2021-09-01");
    check("5 maja 2021 r., godz. 14:30", "2021-05-05T14:30:00-05:00");
    check("5 maja 2021 o godz. 9.10", "2021-05-05T09:10:00-05:00");
    check("czerwiec 2021", "2021-06/2021-06-30");
    check("12 paź 2020", "2020-10-12");
    check("5 sie 2020", "2020-08-05");
    check("Data publikacji: 28.06.2021", "2021-06-28");
    check("3 dni temu", "~2021-06-25");
    check("tydzień temu", "~2021-06-21");
    check("wczoraj", "~2021-06-27");
    check_in("pl", None, "05.06.2021", "2021-06-05");
    check_in("pl", None, "od 3 do 5 maja 2021", "2021-05-03/2021-05-05");
    check_in("pl", None, "w środę 16 czerwca 2021 r.", "2021-06-16");
    check_found(
        "Spotkanie odbędzie się 5 maja 2021 r. w urzędzie.",
        Some(("5 maja 2021 r.", "2021-05-05")),
    );
}
