//! Checks that content around a list does not change the result.

use proptest::prelude::*;

use super::*;

const TITLES: [&str; 12] = [
    "Ferry timetable for the winter months",
    "Water meters are read in the upper town",
    "Council approves the budget for the harbour",
    "Hearing on the new bus line to the airport",
    "Permit counter closes early on Friday",
    "Fireworks ban in the old town",
    "Snow clearing plan for side streets",
    "Swimming pool reopens after repairs",
    "Call for tenders: roof of the market hall",
    "Parking rules around the stadium",
    "Street lights are repaired on Mill Road",
    "Flea market moves to the old quay",
];

/// The markup of a list.
#[derive(Clone, Copy, Debug)]
enum Design {
    Items,
    Rows,
    Cards,
    Definitions,
}

/// Noise around a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noise {
    Menu,
    LongMenu,
    Sidebar,
    Introduction,
    Footer,
}

fn list(design: Design, count: usize) -> String {
    let record = |n: usize| {
        let (title, day) = (TITLES[n % TITLES.len()], 28 - n);
        let (link, date) = (
            format!("<a href=\"/notices/{n}\">{title}</a>"),
            format!("{day} November 2021"),
        );
        match design {
            Design::Items => format!("<li>{date}: {link}</li>"),
            Design::Rows => format!("<tr><td>{date}</td><td>{link}</td></tr>"),
            Design::Cards => format!(
                "<div><h3>{link}</h3><p>{date}</p><p>The office answers questions at the counter and by telephone.</p></div>"
            ),
            Design::Definitions => format!("<dt>{date}</dt><dd>{link}</dd>"),
        }
    };
    let records: String = (0..count).map(record).collect();
    match design {
        Design::Items => format!("<ul>{records}</ul>"),
        Design::Rows => format!("<table>{records}</table>"),
        Design::Cards => format!("<div>{records}</div>"),
        Design::Definitions => format!("<dl>{records}</dl>"),
    }
}

fn noise(kind: Noise) -> String {
    let links = |names: &[&str]| -> String {
        let link =
            |(n, name): (usize, &&str)| format!("<li><a href=\"/pages/{n}\">{name}</a></li>");
        names.iter().enumerate().map(link).collect()
    };
    match kind {
        Noise::Menu => format!("<ul>{}</ul>", links(&["Home", "Council", "Services", "Contact"])),
        Noise::LongMenu => format!(
            "<div><ul>{}</ul></div>",
            links(&[
                "Registration of births and marriages",
                "Building permits and land use plans",
                "Schools, kindergartens and day care",
                "Waste collection and recycling yards",
                "Public transport and bicycle paths",
                "Parks, playgrounds and cemeteries",
                "Business licences and trade fairs",
                "Social services and housing benefit",
            ])
        ),
        Noise::Sidebar => "<div><h4>Opening hours</h4><p>Monday to Friday, nine to twelve.</p><p><a href=\"/map\">Map</a></p></div>".to_owned(),
        Noise::Introduction => format!(
            "<p>{}</p>",
            "The council publishes its notices on this page as soon as they have been signed, and puts them up at the town hall. ".repeat(6)
        ),
        Noise::Footer => "<div><p>Town hall, 1 Market Square. <a href=\"/imprint\">Imprint</a> <a href=\"/privacy\">Privacy</a></p></div>".to_owned(),
    }
}

fn page(parts: &[String]) -> Vec<u8> {
    format!("<!DOCTYPE html><html lang=\"en\"><title>Notices</title><body><h1>Notices</h1>{}</body></html>", parts.concat())
        .into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_stands_around_a_list_changes_nothing(
        design in prop::sample::select(vec![Design::Items, Design::Rows, Design::Cards, Design::Definitions]),
        count in 5_usize..20,
        mut around in prop::sample::subsequence(
            vec![Noise::Menu, Noise::LongMenu, Noise::Sidebar, Noise::Introduction, Noise::Footer], 0..=5),
        place in 0_usize..6,
        turned in any::<bool>(),
    ) {
        if turned {
            around.reverse();
        }
        let source = source("html", "");
        let alone = extract(&document(&source, page(&[list(design, count)])), &source).unwrap();
        let mut parts: Vec<String> = around.iter().map(|kind| noise(*kind)).collect();
        parts.insert(place.min(parts.len()), list(design, count));
        let read = extract(&document(&source, page(&parts)), &source).unwrap();
        prop_assert_eq!(alone.entries.len(), count);
        prop_assert_eq!(essence(&read), essence(&alone));
    }
}
