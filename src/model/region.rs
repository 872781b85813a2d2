//! Countries and their first subdivisions, by ISO 3166 code.

use std::fmt;
use std::str::FromStr;

/// Every code that ISO 3166-1 assigns, and `XK`, which bulletins use for Kosovo.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// A country (ISO 3166-1 alpha-2): `MX`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// A country, or one of its first subdivisions (ISO 3166-2): `MX`, `MX-CHP`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    country: Country,
    /// One to three letters and digits, padded with zeros; all zeros for the country itself.
    subdivision: [u8; 3],
}

/// The error for text that is not a country code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no country of ISO 3166-1, such as `MX`")]
pub struct CountryError(String);

/// The error for text that is not a region code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no region of ISO 3166, such as `MX` or `MX-CHP`")]
pub struct RegionError(String);

impl Country {
    /// Returns the code in capitals.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Region {
    /// Returns the country that it is, or that contains it.
    pub fn country(self) -> Country {
        self.country
    }

    /// Returns true if it is a part of a country.
    pub fn is_subdivision(self) -> bool {
        self.subdivision != [0; 3]
    }

    /// Returns true if it is `other` or a part of it.
    pub fn is_within(self, other: Self) -> bool {
        self == other || Self::from(self.country) == other
    }
}

impl From<Country> for Region {
    fn from(country: Country) -> Self {
        let subdivision = [0; 3];
        Self {
            country,
            subdivision,
        }
    }
}

impl FromStr for Country {
    type Err = CountryError;

    /// Accepts upper and lower case.
    fn from_str(text: &str) -> Result<Self, CountryError> {
        // The codes are sorted, each followed by a space except the last.
        let (codes, last) = COUNTRIES.as_bytes().as_chunks::<3>();
        let code = match text.trim().as_bytes() {
            [a, b] => [a.to_ascii_uppercase(), b.to_ascii_uppercase()],
            _ => return Err(CountryError(text.to_owned())),
        };
        let known = codes.binary_search_by(|[a, b, _]| [*a, *b].cmp(&code));
        if known.is_ok() || last == code {
            Ok(Self(code))
        } else {
            Err(CountryError(text.to_owned()))
        }
    }
}

impl FromStr for Region {
    type Err = RegionError;

    /// Accepts upper and lower case. Subdivisions are not checked against a list, because the standard changes them
    /// every year.
    fn from_str(text: &str) -> Result<Self, RegionError> {
        let wrong = || RegionError(text.to_owned());
        let (country, part) = match text.trim().split_once('-') {
            Some((country, part)) => (country, Some(part)),
            None => (text, None),
        };
        let country: Country = country.parse().map_err(|_| wrong())?;
        let mut subdivision = [0; 3];
        if let Some(part) = part {
            let named = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !named || !(1..=3).contains(&part.len()) {
                return Err(wrong());
            }
            for (place, byte) in subdivision.iter_mut().zip(part.bytes()) {
                *place = byte.to_ascii_uppercase();
            }
        }
        Ok(Self {
            country,
            subdivision,
        })
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.country.as_str())?;
        let part = self.subdivision.iter().take_while(|byte| **byte != 0);
        for (n, byte) in part.enumerate() {
            write!(f, "{}{}", if n == 0 { "-" } else { "" }, char::from(*byte))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_read_once() {
        let check = |text: &str, read: Option<&str>| {
            let region = text.parse::<Region>().ok();
            assert_eq!(region.map(|region| region.to_string()).as_deref(), read);
        };
        check("MX", Some("MX"));
        check(" mx-chp ", Some("MX-CHP"));
        check("PA-8", Some("PA-8"));
        for wrong in ["", "M", "MEX", "ZZ", "MX-", "MX-CHPX", "MX-É", "MX CHP"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_part_lies_within_its_country() {
        let region = |text: &str| text.parse::<Region>().unwrap();
        assert!(region("MX-CHP").is_within(region("MX")));
        assert!(!region("MX").is_within(region("MX-CHP")));
        assert!(!region("MX-CHP").is_within(region("GT")));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            prop_assert!(text.parse::<Region>().is_err() || text.is_ascii());
        }
    }
}
