//! Words that say what a part of a record is: labels of links and dates, heads of columns, names of classes.

use rustc_hash::FxHashMap;

use super::names;
use super::sheet::{DateAt, Sheet};

/// The meaning of an element's classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Title,
    Date,
    Other,
}

/// The meaning of the head of a column for its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Title,
    Date,
    Number,
    Other,
}

/// The meaning of the label of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateLabel {
    Published,
    Other,
}

const TITLE_WORDS: &[&str] = &[
    "title",
    "titles",
    "subject",
    "headline",
    "heading",
    "name",
    "names",
    "caption",
    "description",
    "topic",
    "matter",
    "case",
    "style",
    "parties",
    "event",
    "meeting",
    "committee",
    "body",
    "document",
    "summary",
    "question",
    "text",
    "título",
    "titulo",
    "asunto",
    "descripción",
    "descripcion",
    "nombre",
    "tema",
    "objeto",
    "caso",
    "reunión",
    "reunion",
    "titre",
    "intitulé",
    "objet",
    "sujet",
    "nom",
    "libellé",
    "titel",
    "betreff",
    "bezeichnung",
    "thema",
    "name",
    "gegenstand",
    "assunto",
    "descrição",
    "nome",
    "ementa",
    "titolo",
    "oggetto",
    "rubrik",
    "ärende",
    "onderwerp",
    "omschrijving",
    "tytuł",
    "emne",
    "tittel",
];

const DATE_WORDS: &[&str] = &[
    "date",
    "dates",
    "day",
    "posted",
    "published",
    "filed",
    "issued",
    "released",
    "time",
    "datetime",
    "created",
    "added",
    "decided",
    "fecha",
    "fechas",
    "día",
    "publicación",
    "publicado",
    "data",
    "datum",
    "tag",
    "vom",
    "veröffentlicht",
    "jour",
    "publié",
    "publication",
    "publicação",
    "dato",
    "dag",
    "decision",
    "argued",
    "month",
    "meta",
    "pubdate",
];

const NUMBER_WORDS: &[&str] = &[
    "no",
    "nos",
    "number",
    "numbers",
    "num",
    "nr",
    "docket",
    "dockets",
    "id",
    "ref",
    "reference",
    "citation",
    "file",
    "code",
    "número",
    "numero",
    "n",
    "nº",
    "expediente",
    "numéro",
    "nummer",
    "aktenzeichen",
    "drucksache",
    "processo",
    "protocollo",
    "dnr",
    "diarienummer",
    "lp",
    "row",
    "item",
];

/// Words that labels of links are made of.
const LABELS: &[&str] = &[
    "view",
    "viewer",
    "download",
    "downloads",
    "pdf",
    "html",
    "htm",
    "doc",
    "docx",
    "word",
    "open",
    "read",
    "more",
    "full",
    "text",
    "detail",
    "details",
    "learn",
    "continue",
    "reading",
    "link",
    "links",
    "here",
    "click",
    "agenda",
    "agendas",
    "minutes",
    "packet",
    "packets",
    "video",
    "audio",
    "listen",
    "watch",
    "transcript",
    "transcripts",
    "notice",
    "meeting",
    "event",
    "map",
    "info",
    "information",
    "opinion",
    "order",
    "file",
    "files",
    "document",
    "documents",
    "register",
    "print",
    "share",
    "permalink",
    "summary",
    "summaries",
    "mp3",
    "mp4",
    "wav",
    "xls",
    "xlsx",
    "zip",
    "new",
    "not",
    "available",
    "cancelled",
    "canceled",
    "attachment",
    "attachments",
    "previous",
    "versions",
    "version",
    "overview",
    "draft",
    "final",
    "approved",
    "webcast",
    "recording",
    "livestream",
    "presentation",
    "materials",
    "ada",
    "the",
    "to",
    "this",
    "in",
    "and",
    "for",
    "as",
    "kb",
    "mb",
    "add",
    "calendar",
    "ver",
    "más",
    "mas",
    "leer",
    "descargar",
    "abrir",
    "detalle",
    "detalles",
    "acta",
    "actas",
    "aquí",
    "aqui",
    "documento",
    "información",
    "archivo",
    "enlace",
    "lire",
    "la",
    "suite",
    "voir",
    "télécharger",
    "en",
    "savoir",
    "plus",
    "détail",
    "détails",
    "ici",
    "fichier",
    "mehr",
    "lesen",
    "weiterlesen",
    "weiter",
    "herunterladen",
    "anzeigen",
    "öffnen",
    "dokument",
    "datei",
    "ler",
    "leia",
    "mais",
    "baixar",
    "visualizar",
    "ata",
    "pauta",
    "arquivo",
    "leggi",
    "tutto",
    "scarica",
    "läs",
    "mer",
    "ladda",
    "ner",
    "lees",
    "meer",
    "verder",
    "les",
];

/// The longest label, in words.
const MAX_LABEL_WORDS: usize = 4;

const PUBLISHED: &[&str] = &[
    "posted",
    "published",
    "filed",
    "date",
    "issued",
    "released",
    "added",
    "on",
    "decided",
    "submitted",
    "created",
    "fecha",
    "publicado",
    "publicada",
    "publicación",
    "fecha de publicación",
    "datum",
    "vom",
    "veröffentlicht",
    "publié",
    "date de publication",
    "data",
    "publicação",
    "pubblicato",
    "publicerad",
    "geplaatst",
];

const OTHERWISE: &[&str] = &[
    "effective",
    "expires",
    "expiry",
    "expiration",
    "deadline",
    "due",
    "updated",
    "modified",
    "through",
    "until",
    "closes",
    "closing",
    "ends",
    "end",
    "to",
    "revised",
    "amended",
    "vence",
    "hasta",
    "actualizado",
    "plazo",
    "bis",
    "gültig",
    "jusqu",
    "mis à jour",
    "até",
];

/// What the classes of an element, or of those around it in the record, say.
pub(super) fn class(sheet: &Sheet<'_, '_>, node: usize, start: usize) -> Option<Class> {
    let outline = sheet.outline;
    let mut around = outline.above_within(node, start + 1).take(4);
    around.find_map(|index| {
        let node = outline.at(index);
        let named = [
            "class",
            "itemprop",
            "id",
            "headers",
            "data-title",
            "data-label",
        ];
        let words: Vec<String> = named
            .iter()
            .filter_map(|name| node.attr(name))
            .flat_map(names::words)
            .collect();
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        if has(&[
            "title", "subject", "headline", "heading", "titulo", "titre", "titel", "caption",
        ]) {
            Some(Class::Title)
        } else if has(&[
            "date",
            "datetime",
            "time",
            "fecha",
            "datum",
            "data",
            "day",
            "month",
            "published",
            "posted",
            "created",
        ]) {
            Some(Class::Date)
        } else if has(&[
            "meta",
            "author",
            "category",
            "tag",
            "tags",
            "summary",
            "desc",
            "description",
            "excerpt",
            "body",
            "teaser",
            "location",
            "number",
            "docket",
            "type",
            "status",
            "label",
            "more",
            "button",
            "btn",
            "icon",
        ]) {
            Some(Class::Other)
        } else {
            None
        }
    })
}

/// What the heads of the columns of the table say that a record is a row of, by column.
pub(super) fn columns(sheet: &Sheet<'_, '_>, record: usize) -> FxHashMap<u32, Column> {
    let outline = sheet.outline;
    let mut columns = FxHashMap::default();
    if outline.len() == 0 || record >= outline.len() {
        return columns;
    }
    let Some(table) = outline
        .above(record)
        .find(|index| outline.at(*index).name() == "table")
    else {
        return columns;
    };
    let row = outline
        .range(table)
        .find(|index| outline.at(*index).name() == "tr");
    let Some(row) = row else {
        return columns;
    };
    for index in outline.range(row) {
        let node = outline.at(index);
        if node.column == 0 || node.parent != row {
            continue;
        }
        let leaves = sheet.leaves_in(&outline.range(index));
        let text = sheet.text_of(leaves);
        if text.chars().count() <= 40 {
            columns.insert(node.column, head(&text));
        }
    }
    // A first row that is a record heads nothing.
    let is_head = columns.values().any(|column| *column != Column::Other);
    if !is_head || row == record {
        columns.clear();
    }
    columns
}

pub(super) fn head(text: &str) -> Column {
    let words = names::words(text);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let is_number = has(NUMBER_WORDS) || text.contains('#') || text.contains('№');
    if has(DATE_WORDS) && !is_number {
        Column::Date
    } else if is_number && !has(&["name", "title", "nombre", "titre", "titel"]) {
        Column::Number
    } else if has(TITLE_WORDS) {
        Column::Title
    } else {
        Column::Other
    }
}

/// The column of the cell that a node of a record stands in.
pub(super) fn column_of(sheet: &Sheet<'_, '_>, node: usize, start: usize) -> Option<u32> {
    let outline = sheet.outline;
    let mut around = outline.above_within(node, start);
    around.find_map(|index| Some(outline.at(index).column).filter(|column| *column > 0))
}

/// Whether a text is what a link is called, rather than what it leads to: `Agenda`, `View PDF (120 kB)`, `Date:`.
pub(super) fn is_label(text: &str) -> bool {
    if text.len() > 60 {
        return false;
    }
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let words =
        words.filter(|word| !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = words.collect();
    let is_known = || words.iter().all(|word| LABELS.contains(word));
    let begins = || {
        words
            .first()
            .is_some_and(|word| word.len() > 2 || *word == "en")
    };
    text.ends_with(':') || (1..=MAX_LABEL_WORDS).contains(&words.len()) && begins() && is_known()
}

/// Whether a text says what it is before it says it: `Date: …`.
pub(super) fn begins_with_label(text: &str) -> bool {
    let label = text.split_once(':').map(|(label, _)| label);
    label.is_some_and(|label| label.chars().count() <= 24 && label.split(' ').count() <= 3)
}

/// Reads the label before a date, in its leaf or in the one before it.
pub(super) fn date_label(sheet: &Sheet<'_, '_>, date: &DateAt, first: usize) -> Option<DateLabel> {
    let leaf = sheet
        .leaves
        .get(date.leaves.start)
        .filter(|_| !date.leaves.is_empty())?;
    let before = leaf.text.get(..date.bytes.start).unwrap_or_default().trim();
    let before = if before.is_empty() && date.leaves.start > first {
        let previous = sheet.leaves.get(date.leaves.start - 1)?;
        previous.text.as_str()
    } else {
        before
    };
    let before = before
        .trim_end_matches([':', ' ', '-', '–', '(', '/', '|', ','])
        .to_lowercase();
    let last: Vec<&str> = before.rsplit(' ').take(3).collect();
    let has = |known: &[&str]| {
        known
            .iter()
            .any(|known| last.contains(known) || before.ends_with(known) && known.contains(' '))
    };
    if has(OTHERWISE) {
        Some(DateLabel::Other)
    } else if has(PUBLISHED) {
        Some(DateLabel::Published)
    } else {
        None
    }
}

/// Whether most words of a text begin with a capital letter, as those of names do.
pub(super) fn has_name_capitals(text: &str) -> bool {
    let words = text.split(' ').filter(|word| word.chars().count() > 2);
    let (mut all, mut capital) = (0, 0);
    for word in words {
        all += 1;
        capital += usize::from(word.starts_with(char::is_uppercase));
    }
    all >= 2 && capital * 3 >= all * 2
}
