//! Reads the meaning of a value from the parts of its name.
//!
//! In: the name of a member, an element or a column. Out: the senses of its parts.
//!
//! A name is split at signs, at changes of case and at digits: `FilingDate`, `post_title`, `urlHtm`. Parts
//! are known in English, Spanish, Portuguese, French, German, Italian, Dutch, Swedish, Norwegian and Danish,
//! and for a few words in other languages. Compounds (`datepublished`, `Sitzungsdatum`) are split. A name
//! only counts for a value that fits it: [`roles`](super::roles) decides that.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

/// The maximum length of a name that has a meaning.
const MAX_NAME_CHARS: usize = 80;

/// The minimum length of a word within a compound.
const MIN_GLUED_BYTES: usize = 3;

/// The minimum length of a word that ends another one (`mötesdatum`).
const MIN_ENDING_BYTES: usize = 4;

/// The sense of a part of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameSense {
    /// The title of a record.
    Title,
    /// The name of something: a title if there is no other.
    Name,
    Summary,
    Content,
    /// An address.
    Link,
    /// For people.
    Web,
    /// For programs.
    Api,
    /// A file.
    File,
    /// A paper that belongs to a record: an agenda, minutes. It may be a file, or have a title.
    Paper,
    Image,
    /// A day or a time.
    Date,
    /// The time the record was published.
    Published,
    /// The time the record was created.
    Created,
    /// The start of the event that the record is about.
    Event,
    /// The end of an event, or a date of a person's life.
    End,
    /// The time the record last changed.
    Updated,
    /// Not a fact about this record: planned, a bound, or about a neighbour.
    Unsure,
    Author,
    /// A body or a person that is not an author.
    Party,
    Tag,
    Place,
    /// One of a few values.
    Kind,
    /// A number or code that identifies a record.
    Code,
    /// Derived from other fields, for search engines or lists.
    Derived,
    /// Other records, or a choice of values.
    Others,
    /// In Greenwich time.
    Utc,
    /// A wrapper, whose meaning is in the name around it.
    Wrapper,
}

/// Several senses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NameSenses(u32);

impl NameSenses {
    pub(super) fn from_senses(senses: &[NameSense]) -> Self {
        let bits = senses.iter().map(|sense| 1 << *sense as u32);
        Self(bits.fold(0, |all, bit: u32| all | bit))
    }

    pub(super) fn has(self, sense: NameSense) -> bool {
        self.0 & (1 << sense as u32) != 0
    }

    pub(super) fn has_any(self, senses: &[NameSense]) -> bool {
        self.0 & Self::from_senses(senses).0 != 0
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Words by sense, without case and accents. `*` means any ending.
const WORDS: &[(NameSense, &str)] = &[
    (
        NameSense::Title,
        "title headline heading caption subject titulo titular encabezado asunto assunto manchete titre intitule objet sujet \
         titel uberschrift schlagzeile betreff titolo oggetto onderwerp rubrik amne tittel overskrift emne otsikko tytul nazev \
         denominacion denominazione naslov 标题 題名 标题名称 заголовок название",
    ),
    (
        NameSense::Name,
        "name nombre nome nom naam namn navn nimi nazwa bezeichnung label display 名称 имя",
    ),
    (
        NameSense::Summary,
        "summary excerpt description descriptions descr desc abstract teaser standfirst lead lede intro synopsis snippet notes \
         note resumen entradilla extracto descripcion bajada sumilla detalle detalles detalhe resumo descricao resume chapo chapeau extrait accroche \
         beschreibung zusammenfassung kurztext anriss descrizione riassunto samenvatting omschrijving beschrijving \
         sammanfattning beskrivning ingress beskrivelse subtitle deck 摘要 описание",
    ),
    (
        NameSense::Content,
        "content contents body text fulltext html article articlebody message contenido cuerpo texto conteudo corpo contenu \
         corps texte inhalt volltext contenuto testo inhoud tekst innehall brodtext indhold innhold 内容 текст",
    ),
    (
        NameSense::Link,
        "url urls uri link links href permalink path alias enlace enlaces lien liens ligacao vinculo ruta chemin pfad \
         collegamento lank lenke 链接 ссылка",
    ),
    (
        NameSense::Web,
        "web html htm page site website webseite seite pagina public canonical permalink alternate alias detail details view \
         portal landing weburl",
    ),
    (
        NameSense::Api,
        "api self rest json xml rdf ical ics feed endpoint edit admin callback etag webhook",
    ),
    (
        NameSense::File,
        "file files filename pdf docx download downloads attachment attachments enclosure enclosures adjunto adjuntos anexo \
         anexos archivo arquivo fichier fichiers datei dateien anhang allegato allegati bijlage bestand bilaga bilagor vedlegg \
         bilag epub media audio video mp3 mp4 stream recording resource resources asset assets",
    ),
    (
        NameSense::Paper,
        "agenda agendas minutes packet document documents doc documento documentos dokument dokumente documenti transcript \
         report tagesordnung einladung protokoll verbale ata acta",
    ),
    (
        NameSense::Image,
        "image images img imagen imagem immagine bild bilder foto fotos photo photos picture thumbnail thumb icon logo avatar \
         banner poster vignette hero cover afbeelding imageurl",
    ),
    (
        NameSense::Date,
        "date dates datetime dated fecha data datum dato day dia jour giorno dag when time timestamp moment momento hora heure \
         zeit zeitpunkt dt decided decision disposition adopted adoption approved approval signed judgment judgement sentencia \
         日期 时间 дата",
    ),
    (
        NameSense::Published,
        "publi* published publication publish publicacion publicacao publicado publicada publie publiee publicering publiziert \
         pubblicazione pubbl* veroffentlich* veroffentlichung veroffentlichungs julkais* opublik* pub pubdate posted posting post issued issue issuance released release \
         filed filing sent announced appeared parution erschienen ausgabe emision emitido emissao emitted entry entered \
         recorded registered received submitted displaydate original gazetted 发布 发表 опубликовано",
    ),
    (
        NameSense::Created,
        "creat* created creation create erstell* erstellung erstellungs angelegt creado creada criado criacao cree skapad opprettet oprettet aangemaakt added inserted \
         introduced uploaded 创建 создано",
    ),
    (
        NameSense::Event,
        "event events evento eventos evenement veranstaltung meeting meetings sitzung sitzungs reunion reunions reuniao riunione \
         vergadering mote motes mode session sesion sessao seance sitting hearing audiencia start starts starting begin begins \
         beginning beginn beginnt from desde debut inicio inizio aanvang effective onset scheduled schedule occurs termin \
         interval period convened",
    ),
    (
        NameSense::End,
        "end ends ending ended ende fin fine fim termino slut einde until hasta bis due deadline frist close closes closed \
         closing cierre encerramento cloture expir* caduc* vencimiento ablauf birth birthday born nacimiento geburt geburtstag \
         naissance nascita death stop cutoff unpublish* archived removed deleted cancelled canceled reminder plazo prazo",
    ),
    (
        NameSense::Updated,
        "updat* update updated modif* modified modify mod anderungs aktualisierung aktualisierungs change* chang* changed edited revis* actuali* atuali* aktuali* aggiorn* geandert anderung bijgewerkt \
         gewijzigd andrad oppdatert endret lastmod maj muokattu synced indexed imported refreshed 更新 обновлено",
    ),
    (
        NameSense::Unsure,
        "min max prev previous next anterior siguiente ant sig proximo suivant precedent souhait* desired requested planned \
         expected estimated proposed template default",
    ),
    (
        NameSense::Author,
        "author authors byline creator writer autor autores autora auteur auteurs verfasser autore forfatter schrijver \
         redaktion redactor",
    ),
    (
        NameSense::Party,
        "publisher organization organisation organizer organiser owner contact contacts user username editor sponsor sponsors \
         person people member members judge judges department editeur herausgeber",
    ),
    (
        NameSense::Tag,
        "tags tag keywords keyword categories category etiquetas etiqueta categorias categoria themes tema temas topics \
         subjects schlagworte schlagwort stichworte kategorie kategorien trefwoorden rubrique rubriques kategori \
         motscles palabrasclave palavraschave mots palabras palavras",
    ),
    (
        NameSense::Place,
        "location locations venue place address city town county country region area zip postcode lugar sede ort adresse \
         plaats sted lieu ville endereco municipio room latitude longitude lat lng lon geo geometry coordinates direccion \
         plats lokal",
    ),
    (
        NameSense::Kind,
        "type kind status state class level severity urgency certainty format language languages lang locale visibility role \
         mime mimetype scope phase priority mode color access tipo typ estado statut sprache idioma langue enum outcome",
    ),
    (
        NameSense::Code,
        "id ids uid guid uuid identifier identificador identifiant kennung code number num no nr nbr numero nummer ref \
         reference referencia referenz key slug hash token index rank order row position sort version serial count total size \
         length width height bytes abbreviation abbr",
    ),
    (
        NameSense::Derived,
        "seo og meta twitter short alt alternative sub subtitle secondary template menu breadcrumb undertitel untertitel ondertitel \
         subtitulo soustitre internal search normalized \
         slug enum abbreviation abbr sortable",
    ),
    (
        NameSense::Others,
        "related similar parent parents child children siblings replies comments comment navigation nav menu menus breadcrumb \
         breadcrumbs facets facet filters filter options option aggregations aggs columns pagination pager sortfields \
         relacionadas relacionados relacionada",
    ),
    (NameSense::Utc, "gmt utc"),
    (
        NameSense::Wrapper,
        "rendered processed value values text plain raw formatted full default content data und cdata html es en fr pt de it \
         nl sv no da fi ca eu gl",
    ),
];

/// Words that are never split, regardless of their endings.
const WHOLE: &str =
    "candidate candidates mandate mandates metadata database surname entitled holiday today";

struct KnownWords {
    whole: HashMap<&'static str, NameSenses>,
    beginnings: Vec<(&'static str, NameSenses)>,
}

static KNOWN: LazyLock<KnownWords> = LazyLock::new(|| {
    let mut words = KnownWords {
        whole: WHOLE
            .split_whitespace()
            .map(|word| (word, NameSenses::default()))
            .collect(),
        beginnings: Vec::new(),
    };
    for (sense, list) in WORDS {
        let own = NameSenses::from_senses(&[*sense]);
        for word in list.split_whitespace() {
            if let Some(beginning) = word.strip_suffix('*') {
                words.beginnings.push((beginning, own));
            } else {
                let senses = words.whole.entry(word).or_default();
                *senses = senses.union(own);
            }
        }
    }
    words
});

/// A name with its senses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ParsedName {
    pub(super) senses: NameSenses,
    /// The number of its parts.
    pub(super) parts: usize,
}

/// Reads a name. The prefix of an XML name does not count.
pub(super) fn parse_name(written: &str) -> ParsedName {
    let parts = split_name(written);
    let senses = parts
        .iter()
        .map(|part| part_senses(part))
        .fold(NameSenses::default(), NameSenses::union);
    ParsedName {
        senses,
        parts: parts.len(),
    }
}

/// Returns true if a name only wraps a value whose meaning is in the name around it: `rendered`, `value`,
/// `#text`, `es`.
pub(super) fn is_wrapper(written: &str) -> bool {
    let parts = split_name(written);
    match parts.as_slice() {
        [] => true,
        [part] => part.chars().count() == 1 || part_senses(part).has(NameSense::Wrapper),
        _ => false,
    }
}

/// Returns the parts of a name in lower case, without accents.
fn split_name(written: &str) -> Vec<String> {
    let local = written.rsplit_once(':').map_or(written, |(_, local)| local);
    let mut parts: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut before: Option<char> = None;
    let letters: Vec<char> = local
        .chars()
        .take(MAX_NAME_CHARS)
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .collect();
    for (at, c) in letters.iter().copied().enumerate() {
        let next_is_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let begins = before.is_some_and(|before| {
            c.is_uppercase() && (before.is_lowercase() || next_is_lower)
                || before.is_numeric() != c.is_numeric()
        });
        if (begins || !c.is_alphanumeric()) && !current.is_empty() {
            parts.push(std::mem::take(&mut current));
        }
        if c.is_alphanumeric() {
            current.extend(c.to_lowercase());
        }
        before = c.is_alphanumeric().then_some(c);
    }
    parts.push(current);
    parts.retain(|part| part.chars().any(char::is_alphabetic));
    parts
}

fn part_senses(part: &str) -> NameSenses {
    if let Some(senses) = KNOWN.whole.get(part) {
        return *senses;
    }
    if let Some(senses) = glued_senses(part) {
        return senses;
    }
    let mut found = NameSenses::default();
    for (beginning, senses) in &KNOWN.beginnings {
        if part.starts_with(beginning) {
            found = found.union(*senses);
        }
    }
    found.union(affix_senses(part))
}

/// Returns the senses of a part that consists entirely of known words.
fn glued_senses(part: &str) -> Option<NameSenses> {
    let mut reached: Vec<Option<NameSenses>> = vec![None; part.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = Some(NameSenses::default());
    }
    for start in 0..part.len() {
        let Some(so_far) = reached.get(start).copied().flatten() else {
            continue;
        };
        for end in start + MIN_GLUED_BYTES..=part.len() {
            let word = part.get(start..end);
            let known = word.and_then(|word| KNOWN.whole.get(word));
            if let Some(senses) = known
                && let Some(place) = reached.get_mut(end)
                && place.is_none()
            {
                *place = Some(so_far.union(*senses));
            }
        }
    }
    reached.last().copied().flatten()
}

/// Returns the senses of the longest known words at the end and at the start of a part.
fn affix_senses(part: &str) -> NameSenses {
    let whole = |range: Option<&str>| {
        let word = range.filter(|word| word.len() >= MIN_ENDING_BYTES)?;
        KNOWN.whole.get(word).copied()
    };
    let last = (1..part.len()).find_map(|at| whole(part.get(at..)));
    let Some(last) = last else {
        return NameSenses::default();
    };
    let first = (1..part.len()).rev().find_map(|at| whole(part.get(..at)));
    last.union(first.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::NameSense::*;
    use super::*;

    #[track_caller]
    fn check(written: &str, expected: &[NameSense]) {
        assert_eq!(
            parse_name(written).senses,
            NameSenses::from_senses(expected),
            "{written}"
        );
    }

    #[test]
    fn names_fall_apart() {
        let check = |written: &str, expected: &str| {
            assert_eq!(split_name(written).join(" "), expected, "{written}");
        };
        check("FilingDate", "filing date");
        check("post_title", "post title");
        check("urlHtm", "url htm");
        check("MM_MeetingTitle", "mm meeting title");
        check("EventInSiteURL", "event in site url");
        check("XMLFile2Name", "xml file name");
        check("dc:date-published", "date published");
        check("título", "titulo");
        check("#text", "text");
        check("@id", "id");
        check("", "");
        check("42", "");
    }

    #[test]
    fn parts_have_senses() {
        check("title", &[Title]);
        check("post_title", &[Published, Title]);
        check("FilingDate", &[Published, Date]);
        check("fecha_publicación", &[Published, Date]);
        check("datePublished", &[Published, Date]);
        check("Sitzungsdatum", &[Event, Date]);
        check("veröffentlichungsdatum", &[Published, Date]);
        check("publicUrl", &[Web, Link]);
        check("xyz", &[]);
    }

    #[test]
    fn glued_parts_are_taken_apart() {
        check("datepublished", &[Published, Date]);
        check("eventname", &[Event, Name]);
        check("lastmoddate", &[Updated, Date]);
        check("candidate", &[]);
        check("metadata", &[]);
    }

    #[test]
    fn some_names_only_wrap() {
        for name in ["rendered", "value", "#text", "$t", "_", "es", "0"] {
            assert!(is_wrapper(name), "{name}");
        }
        for name in ["title", "plainTitle", "start"] {
            assert!(!is_wrapper(name), "{name}");
        }
    }
}
