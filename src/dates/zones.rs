//! Zones as publishers name them: by abbreviation, by a word, by a place.
//!
//! Many abbreviations stand for several zones. Each has the meaning here that bulletins of the Americas and Europe give
//! it; but if a source's own clocks use that name, its own zone is meant (`CST` is China's in Shanghai alone): see
//! `calendar`.

use chrono_tz::Tz;

/// A zone by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamedZone {
    /// The name as publishers write it, in lower case.
    pub(super) name: &'static str,
    pub(super) clocks: ZoneClocks,
}

impl NamedZone {
    /// Returns true if it may be a word of some language unless written in capitals.
    pub(super) fn is_word(&self) -> bool {
        let is_greenwich = self.clocks == ZoneClocks::Fixed(0);
        !is_greenwich && self.name.is_ascii() && !self.name.contains(' ')
    }
}

/// The offset shown by the clocks of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZoneClocks {
    /// Minutes east of UTC, all year.
    Fixed(i32),
    /// Standard or daylight time, according to the date.
    Of(Tz),
}

const fn fixed_zone(name: &'static str, minutes: i32) -> NamedZone {
    let clocks = ZoneClocks::Fixed(minutes);
    NamedZone { name, clocks }
}

const fn region_zone(name: &'static str, zone: Tz) -> NamedZone {
    let clocks = ZoneClocks::Of(zone);
    NamedZone { name, clocks }
}

/// Abbreviations, and words of several languages. Names of several words are separated by single spaces.
pub(super) static NAMES: [NamedZone; 96] = [
    fixed_zone("z", 0),
    fixed_zone("ut", 0),
    fixed_zone("utc", 0),
    fixed_zone("gmt", 0),
    fixed_zone("tu", 0),
    fixed_zone("wet", 0),
    fixed_zone("west", 60),
    fixed_zone("bst", 60),
    fixed_zone("cet", 60),
    fixed_zone("cest", 120),
    fixed_zone("met", 60),
    fixed_zone("mest", 120),
    fixed_zone("mez", 60),
    fixed_zone("mesz", 120),
    fixed_zone("eet", 120),
    fixed_zone("eest", 180),
    fixed_zone("sast", 120),
    fixed_zone("cat", 120),
    fixed_zone("eat", 180),
    fixed_zone("wat", 60),
    fixed_zone("msk", 180),
    fixed_zone("мск", 180),
    fixed_zone("trt", 180),
    fixed_zone("gst", 240),
    fixed_zone("pkt", 300),
    fixed_zone("ist", 330),
    fixed_zone("npt", 345),
    fixed_zone("wib", 420),
    fixed_zone("ict", 420),
    fixed_zone("wita", 480),
    fixed_zone("hkt", 480),
    fixed_zone("sgt", 480),
    fixed_zone("pht", 480),
    fixed_zone("awst", 480),
    fixed_zone("wit", 540),
    fixed_zone("jst", 540),
    fixed_zone("kst", 540),
    fixed_zone("acst", 570),
    fixed_zone("aest", 600),
    fixed_zone("acdt", 630),
    fixed_zone("aedt", 660),
    fixed_zone("nzst", 720),
    fixed_zone("nzdt", 780),
    fixed_zone("ndt", -150),
    fixed_zone("nst", -210),
    fixed_zone("brt", -180),
    fixed_zone("art", -180),
    fixed_zone("uyt", -180),
    fixed_zone("clst", -180),
    fixed_zone("adt", -180),
    fixed_zone("ast", -240),
    fixed_zone("bot", -240),
    fixed_zone("clt", -240),
    fixed_zone("vet", -240),
    fixed_zone("gyt", -240),
    fixed_zone("edt", -240),
    fixed_zone("est", -300),
    fixed_zone("cot", -300),
    fixed_zone("pet", -300),
    fixed_zone("ect", -300),
    fixed_zone("cdt", -300),
    fixed_zone("cst", -360),
    fixed_zone("mdt", -360),
    fixed_zone("mst", -420),
    fixed_zone("pdt", -420),
    fixed_zone("pst", -480),
    fixed_zone("akdt", -480),
    fixed_zone("akst", -540),
    fixed_zone("hst", -600),
    fixed_zone("sst", -660),
    region_zone("et", Tz::America__New_York),
    region_zone("ct", Tz::America__Chicago),
    region_zone("mt", Tz::America__Denver),
    region_zone("pt", Tz::America__Los_Angeles),
    region_zone("at", Tz::America__Halifax),
    region_zone("eastern time", Tz::America__New_York),
    region_zone("eastern standard time", Tz::America__New_York),
    region_zone("eastern daylight time", Tz::America__New_York),
    region_zone("hora del este", Tz::America__New_York),
    region_zone("heure de l est", Tz::America__New_York),
    region_zone("central time", Tz::America__Chicago),
    region_zone("central standard time", Tz::America__Chicago),
    region_zone("central daylight time", Tz::America__Chicago),
    region_zone("hora central", Tz::America__Chicago),
    region_zone("hora del centro", Tz::America__Mexico_City),
    region_zone("mountain time", Tz::America__Denver),
    region_zone("mountain standard time", Tz::America__Phoenix),
    region_zone("pacific time", Tz::America__Los_Angeles),
    region_zone("pacific standard time", Tz::America__Los_Angeles),
    region_zone("pacific daylight time", Tz::America__Los_Angeles),
    region_zone("hora del pacifico", Tz::America__Los_Angeles),
    region_zone("greenwich mean time", Tz::UTC),
    region_zone("british summer time", Tz::Europe__London),
    region_zone("central european time", Tz::Europe__Berlin),
    region_zone("central european summer time", Tz::Europe__Berlin),
    region_zone("hora peninsular", Tz::Europe__Madrid),
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
