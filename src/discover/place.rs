//! Finds a publisher's country and time zone, if its address and its texts leave no doubt.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono_tz::Tz;
use url::Url;

use crate::model::{Country, Item, Region};

/// Country-code top-level domains that are mostly sold abroad.
const SOLD: [&str; 24] = [
    "ac", "ag", "ai", "am", "bz", "cc", "cf", "co", "fm", "ga", "gg", "gq", "im", "io", "la", "ly",
    "me", "ml", "nu", "sh", "tk", "to", "tv", "ws",
];

/// Second-level labels under such a domain that the country itself uses.
const OWN: [&str; 12] = [
    "ac", "co", "com", "edu", "gob", "gouv", "gov", "gub", "int", "mil", "net", "org",
];

/// The minimum number of items that mention a country, and the percentage of these that must agree.
const MIN_TELLING: usize = 5;
const MIN_AGREEING: usize = 80;

/// The zones of each country (`data/zones/zone.tab`).
static ZONES: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut zones: HashMap<&str, Vec<&str>> = HashMap::new();
    let table = include_str!("../../data/zones/zone.tab").lines();
    for line in table.filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        if let (Some(country), Some(zone)) = (columns.next(), columns.nth(1)) {
            zones.entry(country).or_default().push(zone);
        }
    }
    zones
});

/// Returns the country of a host's top-level domain.
pub(super) fn country_of_host(url: &Url) -> Option<Country> {
    let host = url.domain()?.trim_end_matches('.');
    let mut labels = host.rsplit('.');
    let (top, second) = (labels.next()?, labels.next()?);
    if SOLD.contains(&top) && !OWN.contains(&second) {
        return None;
    }
    let code = if top == "uk" { "gb" } else { top };
    code.parse().ok()
}

/// Returns the country that nearly all items mention, if it is the only one.
pub(super) fn country_of_items(items: &[Item]) -> Option<Country> {
    let only = |item: &Item| {
        let mut countries: Vec<Country> = item
            .regions
            .iter()
            .map(|region: &Region| region.country())
            .collect();
        countries.dedup();
        match countries.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    };
    let told = items.iter().filter(|item| !item.regions.is_empty()).count();
    let first = items.iter().find_map(only)?;
    let agreeing = items
        .iter()
        .filter(|item| only(item) == Some(first))
        .count();
    (told >= MIN_TELLING && agreeing * 100 >= told * MIN_AGREEING && agreeing * 2 > items.len())
        .then_some(first)
}

/// Returns the zone of a country that has only one.
pub(super) fn only_zone(country: Country) -> Option<Tz> {
    match ZONES.get(country.as_str())?.as_slice() {
        [only] => only.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, country: Option<&str>, zone_name: Option<&str>) {
        let found = country_of_host(&address.parse().unwrap());
        let country: Option<Country> = country.map(|code| code.parse().unwrap());
        assert_eq!(found, country, "{address}");
        let found = found.and_then(only_zone);
        assert_eq!(found.map(Tz::name), zone_name, "{address}");
    }

    #[test]
    fn a_host_tells_its_country_and_that_its_zone() {
        check("https://a.go.cr/x", Some("CR"), Some("America/Costa_Rica"));
        check("https://a.gob.gt", Some("GT"), Some("America/Guatemala"));
        check("https://a.example.uk", Some("GB"), Some("Europe/London"));
        check("https://a.gob.mx", Some("MX"), None);
        check("https://a.gov.co", Some("CO"), Some("America/Bogota"));
        check("https://a.co", None, None);
        check("https://start.up.io", None, None);
        check("https://a.int", None, None);
        check("https://a.eu", None, None);
        check("http://127.0.0.1/a", None, None);
        check("http://localhost/a", None, None);
        check("file:///a/b", None, None);
    }

    #[test]
    fn every_zone_of_the_table_is_known() {
        assert!(ZONES.len() > 200);
        for (country, zones) in ZONES.iter() {
            assert!(country.parse::<Country>().is_ok(), "{country}");
            for zone in zones {
                assert!(zone.parse::<Tz>().is_ok(), "{zone}");
            }
        }
    }
}
