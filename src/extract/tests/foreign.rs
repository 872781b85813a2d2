//! Tests documents in unsupported formats: each is named, regardless of the kind expected.

use super::*;

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART:20260512T140000Z\r\nDTSTAMP:20260501T080000Z\r\nSUMMARY:Council meeting\r\nLOCATION:Town hall\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20260519T140000Z\r\nDTSTAMP:20260501T080000Z\r\nSUMMARY:Public hearing\r\nLOCATION:Town hall\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn read(kind: &str, settings: &str, text: impl AsRef<[u8]>) -> Result<Vec<String>, ExtractError> {
    let source = source(kind, settings);
    let extracted = extract(&document(&source, text.as_ref().to_vec()), &source)?;
    let title = |entry: RawEntry| {
        entry
            .title
            .map_or_else(String::new, |title| title.as_str().to_owned())
    };
    Ok(extracted.entries.into_iter().map(title).collect())
}

#[track_caller]
fn check(kind: &str, settings: &str, text: impl AsRef<[u8]>, expected: UnsupportedKind) {
    assert_eq!(
        read(kind, settings, text),
        Err(ExtractError::Foreign(expected)),
        "{kind} {settings}"
    );
}

#[test]
fn a_calendar_is_no_list_of_notices() {
    for kind in ["auto", "text", "feed", "html", "json", "xml", "sitemap"] {
        check(kind, "", CALENDAR, UnsupportedKind::Calendar);
    }
    check("html", SELECTORS, CALENDAR, UnsupportedKind::Calendar);
}

#[test]
fn an_operator_who_says_how_a_text_divides_knows_what_it_is() {
    let settings = "separator = '^END:VEVENT'\nrecord = 'SUMMARY:(?<title>.+)'\n";
    let titles = read("text", settings, CALENDAR).unwrap();
    assert_eq!(titles, ["Council meeting", "Public hearing"]);
}

#[test]
fn a_file_is_told_by_name_whatever_is_expected() {
    for kind in ["auto", "text", "feed", "html", "json", "xml", "sitemap"] {
        check(kind, "", b"%PDF-1.7\n%\xE2\xE3", UnsupportedKind::Pdf);
        check(
            kind,
            "",
            b"PK\x03\x04\x14\0xl/workbook.xml",
            UnsupportedKind::Office("a spreadsheet (Excel)"),
        );
    }
    check(
        "text",
        "separator = '^-$'\n",
        b"%PDF-1.7\n-\n",
        UnsupportedKind::Pdf,
    );
    check("auto", "", b"no\0text\0", UnsupportedKind::Binary);
}

#[test]
fn an_alert_is_one_entry() {
    let alert = "<?xml version='1.0'?><alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>\
        <sent>2026-05-03T10:00:00-00:00</sent><info><event>Gale</event><headline>Gale over the bay</headline></info>\
        <info><event>Vent</event><headline>Coup de vent sur la baie</headline></info></alert>";
    assert_eq!(read("auto", "", alert).unwrap(), ["Gale over the bay"]);
    assert_eq!(read("xml", "", alert).unwrap(), ["Gale over the bay"]);
    let titles = read(
        "xml",
        "select.item = 'alert/info'\nselect.title = 'headline'\n",
        alert,
    );
    assert_eq!(
        titles.unwrap(),
        ["Gale over the bay", "Coup de vent sur la baie"]
    );
    // An alert that breaks off may say the opposite of the whole one.
    let cut = alert.get(..alert.len() - 20).unwrap();
    let broken = read("auto", "", cut).unwrap_err();
    assert!(
        matches!(broken, ExtractError::BadDocument { .. }),
        "{broken}"
    );
}

#[test]
fn an_alert_is_read_in_the_language_of_its_source() {
    let of = |language: &str, headline: &str| {
        format!("<info><language>{language}</language><headline>{headline}</headline></info>")
    };
    let blocks = of("en-CA", "Gale") + &of("fr-CA", "Coup de vent");
    let alert = format!(
        "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>1</identifier>{blocks}</alert>"
    );
    let titled = |settings: &str| read("auto", settings, &alert).unwrap();
    assert_eq!(titled(""), ["Gale"]);
    assert_eq!(titled("language = 'fr'\n"), ["Coup de vent"]);
    assert_eq!(titled("language = 'de'\n"), ["Gale"]);
}

#[test]
fn a_message_around_alerts_is_read_and_one_without_is_named() {
    let around = |content: &str| {
        format!(
            "<EDXLDistribution xmlns='urn:oasis:names:tc:emergency:EDXL:DE:1.0'><distributionID>1</distributionID>\
             <contentObject><xmlContent>{content}</xmlContent></contentObject></EDXLDistribution>"
        )
    };
    let alert = "<c:alert xmlns:c='urn:oasis:names:tc:emergency:cap:1.2'><c:identifier>1</c:identifier>\
        <c:info><c:headline>Gale</c:headline></c:info></c:alert>";
    assert_eq!(read("auto", "", around(alert)).unwrap(), ["Gale"]);
    check("auto", "", around("<report/>"), UnsupportedKind::Envelope);
    let none = "<alerts xmlns='urn:oasis:names:tc:emergency:cap:1.2'/>";
    assert!(read("auto", "", none).unwrap().is_empty());
}

const LETTER: &str = "Harbour Office\n12 May 2021\n\nDear owners of boats,\n\n\
    The pier will be closed from Monday on, for its planks are to be renewed before the summer.\n\n\
    Boats that lie there now find room at the quay, where the harbour master shows each of them its place.\n\n\
    We ask you to take your things from the sheds by Friday, since these are to be painted as well.\n\n\
    With kind regards,\nThe harbour master\n";

#[test]
fn a_letter_is_one_text() {
    check("auto", "", LETTER, UnsupportedKind::OneText);
    let undated = LETTER.replace("12 May 2021\n", "");
    check("auto", "", &undated, UnsupportedKind::OneText);
    check("text", "", &undated, UnsupportedKind::OneText);
    assert!(ExtractError::Foreign(UnsupportedKind::OneText).is_drift());
}

#[test]
fn a_weather_message_is_one_text_however_often_it_is_dated() {
    let message = "164 \nFLXX43 KABC 082123\nHWOABC\n\nOUTLOOK FOR THE BAY\nWEATHER OFFICE\n8 May 2021\n\nBAYZ001-002-\n8 May 2021\n\n.DAY ONE...\n\nNO WEATHER IS EXPECTED.\n";
    check("auto", "", message, UnsupportedKind::OneText);
}

#[test]
fn one_notice_is_a_list_of_one() {
    let notice = "12 May 2021\nThe pier is closed\nThe pier will be closed from Monday on, for its planks are to be renewed before the summer.\n";
    assert_eq!(read("auto", "", notice).unwrap(), ["The pier is closed"]);
    // If the operator configures a text of notices, it is read as one.
    assert_eq!(read("text", "", LETTER).unwrap().len(), 1);
}

#[test]
fn a_page_with_odd_bytes_is_a_page() {
    let page = "<html><p>\0</p><ul><li><h3>One</h3><li><h3>Two</h3></ul>";
    let titles = read("html", "select.item = 'li'\nselect.title = 'h3'\n", page);
    assert_eq!(titles.unwrap(), ["One", "Two"]);
}

#[test]
fn a_page_of_an_entry_that_is_a_file_is_attached() {
    let source = source("feed", "detail = true\n");
    let document = Document {
        content_type: Some("application/pdf".into()),
        ..document(&source, b"%PDF-1.7\n".to_vec())
    };
    let detail = extract_detail(&document, &crate::model::Fields::default(), &source).unwrap();
    let files: Vec<_> = detail
        .enclosures
        .iter()
        .map(|file| {
            (
                file.url.as_str(),
                file.mime_type.as_deref(),
                file.length_bytes.as_deref(),
            )
        })
        .collect();
    let expected = (
        "https://bulletins.example/news/list",
        Some("application/pdf"),
        Some("9"),
    );
    assert_eq!(files, [expected]);
    assert_eq!((detail.title, detail.content), (None, None));
}

#[test]
fn every_foreign_document_says_what_to_do() {
    let all = [
        UnsupportedKind::Calendar,
        UnsupportedKind::Contacts,
        UnsupportedKind::Envelope,
        UnsupportedKind::OneText,
        UnsupportedKind::Mail,
        UnsupportedKind::Mailbox,
        UnsupportedKind::Pdf,
        UnsupportedKind::Archive("an archive (ZIP)"),
        UnsupportedKind::Office("a spreadsheet (Excel)"),
        UnsupportedKind::Picture,
        UnsupportedKind::Recording,
        UnsupportedKind::FeedList,
        UnsupportedKind::Binary,
    ];
    let line = |foreign: UnsupportedKind| {
        let error = ExtractError::Foreign(foreign);
        format!("{}: {error}\n  {}\n", error.code(), error.action())
    };
    insta::assert_snapshot!(all.map(line).concat());
}
