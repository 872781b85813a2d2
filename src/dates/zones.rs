//! Zones as publishers name them: by abbreviation, by a word, by a place.
//!
//! Many abbreviations stand for several zones. Each has the meaning here that bulletins of the Americas and Europe give
//! it; but if a source's own clocks use that name, its own zone is meant (`CST` is China's in Shanghai alone): see
//! `calendar`.

use chrono_tz::Tz;

/// A zone by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    /// The name as publishers write it, in lower case.
    pub(super) name: &'static str,
    pub(super) clocks: Clocks,
}

impl Zone {
    /// Returns true if it may be a word of some language unless written in capitals.
    pub(super) fn is_word(&self) -> bool {
        let is_greenwich = self.clocks == Clocks::Fixed(0);
        !is_greenwich && self.name.is_ascii() && !self.name.contains(' ')
    }
}

/// The offset shown by the clocks of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clocks {
    /// Minutes east of UTC, all year.
    Fixed(i32),
    /// Standard or daylight time, according to the date.
    Of(Tz),
}

const fn fixed(name: &'static str, minutes: i32) -> Zone {
    let clocks = Clocks::Fixed(minutes);
    Zone { name, clocks }
}

const fn of(name: &'static str, zone: Tz) -> Zone {
    let clocks = Clocks::Of(zone);
    Zone { name, clocks }
}

/// Abbreviations, and words of several languages. Names of several words are separated by single spaces.
pub(super) static NAMES: [Zone; 96] = [
    fixed("z", 0),
    fixed("ut", 0),
    fixed("utc", 0),
    fixed("gmt", 0),
    fixed("tu", 0),
    fixed("wet", 0),
    fixed("west", 60),
    fixed("bst", 60),
    fixed("cet", 60),
    fixed("cest", 120),
    fixed("met", 60),
    fixed("mest", 120),
    fixed("mez", 60),
    fixed("mesz", 120),
    fixed("eet", 120),
    fixed("eest", 180),
    fixed("sast", 120),
    fixed("cat", 120),
    fixed("eat", 180),
    fixed("wat", 60),
    fixed("msk", 180),
    fixed("мск", 180),
    fixed("trt", 180),
    fixed("gst", 240),
    fixed("pkt", 300),
    fixed("ist", 330),
    fixed("npt", 345),
    fixed("wib", 420),
    fixed("ict", 420),
    fixed("wita", 480),
    fixed("hkt", 480),
    fixed("sgt", 480),
    fixed("pht", 480),
    fixed("awst", 480),
    fixed("wit", 540),
    fixed("jst", 540),
    fixed("kst", 540),
    fixed("acst", 570),
    fixed("aest", 600),
    fixed("acdt", 630),
    fixed("aedt", 660),
    fixed("nzst", 720),
    fixed("nzdt", 780),
    fixed("ndt", -150),
    fixed("nst", -210),
    fixed("brt", -180),
    fixed("art", -180),
    fixed("uyt", -180),
    fixed("clst", -180),
    fixed("adt", -180),
    fixed("ast", -240),
    fixed("bot", -240),
    fixed("clt", -240),
    fixed("vet", -240),
    fixed("gyt", -240),
    fixed("edt", -240),
    fixed("est", -300),
    fixed("cot", -300),
    fixed("pet", -300),
    fixed("ect", -300),
    fixed("cdt", -300),
    fixed("cst", -360),
    fixed("mdt", -360),
    fixed("mst", -420),
    fixed("pdt", -420),
    fixed("pst", -480),
    fixed("akdt", -480),
    fixed("akst", -540),
    fixed("hst", -600),
    fixed("sst", -660),
    of("et", Tz::America__New_York),
    of("ct", Tz::America__Chicago),
    of("mt", Tz::America__Denver),
    of("pt", Tz::America__Los_Angeles),
    of("at", Tz::America__Halifax),
    of("eastern time", Tz::America__New_York),
    of("eastern standard time", Tz::America__New_York),
    of("eastern daylight time", Tz::America__New_York),
    of("hora del este", Tz::America__New_York),
    of("heure de l est", Tz::America__New_York),
    of("central time", Tz::America__Chicago),
    of("central standard time", Tz::America__Chicago),
    of("central daylight time", Tz::America__Chicago),
    of("hora central", Tz::America__Chicago),
    of("hora del centro", Tz::America__Mexico_City),
    of("mountain time", Tz::America__Denver),
    of("mountain standard time", Tz::America__Phoenix),
    of("pacific time", Tz::America__Los_Angeles),
    of("pacific standard time", Tz::America__Los_Angeles),
    of("pacific daylight time", Tz::America__Los_Angeles),
    of("hora del pacifico", Tz::America__Los_Angeles),
    of("greenwich mean time", Tz::UTC),
    of("british summer time", Tz::Europe__London),
    of("central european time", Tz::Europe__Berlin),
    of("central european summer time", Tz::Europe__Berlin),
    of("hora peninsular", Tz::Europe__Madrid),
];

/// Places that name a zone: `hora de Panamá`, `Geneva time`. One string may contain several forms.
pub(super) static PLACES: [(&str, Tz); 44] = [
    ("panama", Tz::America__Panama),
    ("costa rica | san jose", Tz::America__Costa_Rica),
    ("guatemala", Tz::America__Guatemala),
    ("honduras | tegucigalpa", Tz::America__Tegucigalpa),
    ("el salvador | san salvador", Tz::America__El_Salvador),
    ("nicaragua | managua", Tz::America__Managua),
    ("belize | belice | belmopan", Tz::America__Belize),
    (
        "mexico | mexico city | ciudad de mexico",
        Tz::America__Mexico_City,
    ),
    ("tijuana", Tz::America__Tijuana),
    ("cuba | havana | la habana", Tz::America__Havana),
    (
        "haiti | ayiti | port au prince | puerto principe",
        Tz::America__PortauPrince,
    ),
    (
        "republica dominicana | santo domingo",
        Tz::America__Santo_Domingo,
    ),
    ("puerto rico | san juan", Tz::America__Puerto_Rico),
    ("jamaica | kingston", Tz::America__Jamaica),
    ("trinidad | port of spain", Tz::America__Port_of_Spain),
    ("barbados | bridgetown", Tz::America__Barbados),
    ("guyana | georgetown", Tz::America__Guyana),
    ("suriname | paramaribo", Tz::America__Paramaribo),
    ("colombia | bogota", Tz::America__Bogota),
    ("venezuela | caracas", Tz::America__Caracas),
    ("ecuador | quito | guayaquil", Tz::America__Guayaquil),
    ("peru | lima", Tz::America__Lima),
    ("bolivia | la paz", Tz::America__La_Paz),
    ("chile | santiago", Tz::America__Santiago),
    (
        "argentina | buenos aires",
        Tz::America__Argentina__Buenos_Aires,
    ),
    ("uruguay | montevideo", Tz::America__Montevideo),
    ("paraguay | asuncion", Tz::America__Asuncion),
    (
        "brasilia | brasil | sao paulo | rio de janeiro",
        Tz::America__Sao_Paulo,
    ),
    ("manaus", Tz::America__Manaus),
    (
        "new york | nueva york | washington | miami",
        Tz::America__New_York,
    ),
    ("chicago | houston", Tz::America__Chicago),
    ("los angeles", Tz::America__Los_Angeles),
    ("london | londres | londra", Tz::Europe__London),
    ("lisbon | lisboa | lisbonne", Tz::Europe__Lisbon),
    ("madrid | espana", Tz::Europe__Madrid),
    ("paris", Tz::Europe__Paris),
    (
        "brussels | bruselas | bruxelles | brussel",
        Tz::Europe__Brussels,
    ),
    ("geneva | ginebra | geneve | genf", Tz::Europe__Zurich),
    ("rome | roma", Tz::Europe__Rome),
    ("berlin", Tz::Europe__Berlin),
    ("amsterdam", Tz::Europe__Amsterdam),
    ("moscow | moscu | москве", Tz::Europe__Moscow),
    ("beijing | pekin | 北京", Tz::Asia__Shanghai),
    ("tokyo | tokio", Tz::Asia__Tokyo),
];
