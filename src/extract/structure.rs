//! The list of entries in a tree of named values, found without rules.
//!
//! In: the root of a document that is no page, JSON or XML, and what its dates may mean. Out: where its entries are and
//! where in each of them a field is, as paths that become rules.
//!
//! Values that stand under the same names are one list, wherever these are repeated. A list is taken for entries when
//! most of its values have a title and an address or a date, known by the names of their members in English, Spanish,
//! French and Portuguese and by what they hold; of several the longest, those with dates first. What a list of entries
//! holds itself (related ones, pictures) is no list of its own. Linear in the document.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

use super::epoch;
use crate::dates::{self, Hints};
use crate::model::Field;

/// How many values of a list are looked at closely.
const TRIED: usize = 40;

/// How many levels below an entry its fields may be: `attributes.head.title`.
const MAX_LEVELS: usize = 2;

/// How many places a field is looked for in, where not all entries have it in the same.
const MAX_PLACES: usize = 3;

/// A longer text is no title.
const MAX_TITLE_CHARS: usize = 500;

/// What names mean, the surest first; without case, accents and signs.
const NAMES: [(Field, &[&str]); 10] = [
    (
        Field::Title,
        &[
            "title",
            "headline",
            "titulo",
            "titular",
            "titre",
            "manchete",
            "name",
            "nombre",
            "nome",
            "nom",
            "heading",
            "asunto",
            "assunto",
            "objet",
            "sujet",
            "subject",
            "intitule",
            "denominacion",
        ],
    ),
    (
        Field::Link,
        &[
            "url",
            "link",
            "permalink",
            "href",
            "canonicalurl",
            "canonical",
            "weburl",
            "htmlurl",
            "publicurl",
            "enlace",
            "lien",
            "ligacao",
            "uri",
            "path",
            "ruta",
        ],
    ),
    (
        Field::Date,
        &[
            "datepublished",
            "publisheddate",
            "publishedat",
            "publishdate",
            "publicationdate",
            "published",
            "pubdate",
            "dategmt",
            "datepublication",
            "publieele",
            "publiele",
            "fechapublicacion",
            "fechadepublicacion",
            "publicadoel",
            "publicadoem",
            "datapublicacao",
            "datadepublicacao",
            "publicado",
            "publicacion",
            "date",
            "fecha",
            "data",
            "datetime",
            "displaydate",
            "releasedate",
            "issued",
            "createdat",
            "datecreated",
            "created",
            "fechacreacion",
            "datacriacao",
            "timestamp",
            "time",
        ],
    ),
    (
        Field::Updated,
        &[
            "datemodified",
            "modifiedgmt",
            "modified",
            "modifiedat",
            "updatedat",
            "updated",
            "lastmodified",
            "lastmod",
            "dateupdated",
            "actualizado",
            "fechaactualizacion",
            "fechamodificacion",
            "atualizadoem",
            "atualizado",
            "misajour",
            "datemodification",
        ],
    ),
    (
        Field::Summary,
        &[
            "summary",
            "excerpt",
            "description",
            "abstract",
            "teaser",
            "standfirst",
            "lead",
            "intro",
            "resumen",
            "entradilla",
            "extracto",
            "descripcion",
            "bajada",
            "sumario",
            "resumo",
            "descricao",
            "resume",
            "chapo",
            "extrait",
            "accroche",
        ],
    ),
    (
        Field::Content,
        &[
            "contenthtml",
            "content",
            "articlebody",
            "body",
            "fulltext",
            "html",
            "text",
            "contenttext",
            "contenido",
            "cuerpo",
            "texto",
            "conteudo",
            "corpo",
            "contenu",
            "corps",
            "texte",
        ],
    ),
    (
        Field::Author,
        &[
            "authors", "author", "byline", "creator", "autores", "autor", "auteurs", "auteur",
        ],
    ),
    (
        Field::Tag,
        &[
            "tags",
            "tag",
            "keywords",
            "categories",
            "category",
            "etiquetas",
            "etiqueta",
            "categorias",
            "categoria",
            "motscles",
            "palabrasclave",
            "palavraschave",
            "themes",
            "temas",
        ],
    ),
    (Field::Guid, &["guid", "uuid"]),
    (
        Field::Image,
        &[
            "image",
            "imageurl",
            "thumbnail",
            "imagen",
            "imagem",
            "foto",
            "picture",
        ],
    ),
];

/// The names of members that hold the text of what they stand in, the surest first.
const TEXTS: [&str; 14] = [
    "rendered", "value", "text", "plain", "name", "nombre", "nome", "nom", "title", "es", "en",
    "fr", "pt", "default",
];

/// The same, of an address.
const ADDRESSES: [&str; 5] = ["url", "href", "sourceurl", "src", "rendered"];

static MEANINGS: LazyLock<HashMap<&str, (Field, usize)>> = LazyLock::new(|| {
    let ranked = |(field, names): &(Field, &'static [&'static str])| {
        let (field, names) = (*field, names.iter().enumerate());
        names.map(move |(rank, name)| (*name, (field, rank)))
    };
    NAMES.iter().flat_map(ranked).collect()
});

/// One step down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Step<'a> {
    /// To a member, or to child elements of this name.
    Member(&'a str),
    /// To an attribute.
    Attribute(&'a str),
    /// To each value of a list.
    Each,
}

/// A value of the tree.
pub(super) trait Node<'a>: Copy {
    /// Whether it is made of anything: a mere text is not.
    fn has_parts(self) -> bool;

    /// What it is made of, in document order.
    fn parts(self) -> Vec<(Step<'a>, Self)>;

    /// Its own text, where it is one.
    fn text(self) -> Option<Cow<'a, str>>;

    /// Whether values that such a step leads to are a list.
    fn repeats(step: Step<'a>) -> bool;
}

/// A way down.
pub(super) type Way<'a> = Vec<Step<'a>>;

/// Where the entries of a document are.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// From the root to each entry.
    pub(super) item: Way<'a>,
    /// From an entry to each field, the surest first.
    pub(super) fields: Vec<(Field, Vec<Way<'a>>)>,
    /// How sure this is, beside what other documents hold.
    pub(super) score: f64,
}

/// Finds the list that the document is for.
pub(super) fn find<'a, N: Node<'a>>(root: N, hints: &Hints<'_>) -> Option<Found<'a>> {
    let mut lists = Lists::of(root);
    let judged: Vec<Option<Judged<'a>>> = lists
        .places
        .iter_mut()
        .map(|place| Judged::of(&std::mem::take(&mut place.values), hints))
        .collect();
    let mut best: Option<(usize, &Judged<'a>)> = None;
    for (at, list) in judged.iter().enumerate() {
        let Some(list) = list else { continue };
        let within = lists
            .above(at)
            .find_map(|above| judged.get(above)?.as_ref());
        // A part of entries, unless what it is part of is a mere heading, or the document as a whole.
        let is_part = within
            .is_some_and(|outer| outer.values > 1 && (outer.dated >= 0.5 || list.dated < 0.5));
        if !is_part && best.is_none_or(|(_, best)| list.score() >= best.score()) {
            best = Some((at, list));
        }
    }
    let (at, list) = best?;
    Some(Found {
        item: lists.way(at),
        fields: list.fields.clone(),
        score: list.score(),
    })
}

/// Everything that stands under the same names.
struct Place<'a, N> {
    parent: usize,
    step: Option<Step<'a>>,
    values: Vec<N>,
}

struct Lists<'a, N> {
    places: Vec<Place<'a, N>>,
    known: HashMap<(usize, Step<'a>), usize>,
}

impl<'a, N: Node<'a>> Lists<'a, N> {
    fn of(root: N) -> Self {
        let top = Place {
            parent: 0,
            step: None,
            values: vec![root],
        };
        let mut lists = Self {
            places: vec![top],
            known: HashMap::new(),
        };
        let mut waiting = vec![(root, 0)];
        while let Some((node, at)) = waiting.pop() {
            let first = waiting.len();
            for (step, part) in node.parts() {
                if let Some(below) = lists.enter(at, step, part) {
                    waiting.push((part, below));
                }
            }
            // The first is taken first: values stay in document order.
            if let Some(pushed) = waiting.get_mut(first..) {
                pushed.reverse();
            }
        }
        lists
    }

    /// The place of a part that has parts itself.
    fn enter(&mut self, at: usize, step: Step<'a>, part: N) -> Option<usize> {
        if !part.has_parts() {
            return None;
        }
        let next = self.places.len();
        let below = *self.known.entry((at, step)).or_insert(next);
        if below == next {
            self.places.push(Place {
                parent: at,
                step: Some(step),
                values: Vec::new(),
            });
        }
        if N::repeats(step)
            && let Some(place) = self.places.get_mut(below)
        {
            place.values.push(part);
        }
        Some(below)
    }
}

impl<'a, N> Lists<'a, N> {
    /// The places around one, inside out.
    fn above(&self, at: usize) -> impl Iterator<Item = usize> {
        let parent = |at: &usize| {
            let place = self.places.get(*at)?;
            place.step.map(|_| place.parent)
        };
        std::iter::successors(parent(&at), parent)
    }

    fn way(&self, at: usize) -> Way<'a> {
        let steps = std::iter::once(at).chain(self.above(at));
        let mut way: Way<'a> = steps.filter_map(|at| self.places.get(at)?.step).collect();
        way.reverse();
        way
    }
}

/// A list of which most values have a title and an address or a date.
struct Judged<'a> {
    values: usize,
    fields: Vec<(Field, Vec<Way<'a>>)>,
    linked: f64,
    dated: f64,
    texts: f64,
    /// Of all titles together, in characters.
    title_chars: f64,
}

/// What speaks for a place of a field.
#[derive(Default)]
struct Votes {
    /// How many levels down, and the rank of its name: less is better.
    rank: (usize, usize),
    values: usize,
    chars: usize,
}

impl<'a> Judged<'a> {
    fn of<N: Node<'a>>(values: &[N], hints: &Hints<'_>) -> Option<Self> {
        let tried = values.len().min(TRIED);
        let votes = votes(values.iter().take(TRIED), hints);
        let mut judged = Self {
            values: values.len(),
            fields: Vec::new(),
            linked: 0.0,
            dated: 0.0,
            texts: 0.0,
            title_chars: 0.0,
        };
        let mut titled = 0.0;
        let mut around: Option<Way<'a>> = None;
        for field in Field::ALL {
            let places = places(&votes, field, around.as_deref());
            let Some((way, first)) = places.first() else {
                continue;
            };
            let share = ratio(
                places
                    .iter()
                    .map(|(_, votes)| votes.values)
                    .max()
                    .unwrap_or(0),
                tried,
            );
            match field {
                Field::Title => {
                    titled = share;
                    judged.title_chars = ratio(first.chars, first.values);
                    around = way.get(..first.rank.0).map(<[_]>::to_vec);
                }
                Field::Link => judged.linked = share,
                Field::Date => judged.dated = share,
                Field::Summary | Field::Content => judged.texts = judged.texts.max(share),
                _ => {}
            }
            let wanted = if first.values == tried { 1 } else { MAX_PLACES };
            let ways = places.iter().take(wanted).map(|(way, _)| (*way).clone());
            judged.fields.push((field, ways.collect()));
        }
        (titled >= 0.5 && judged.linked.max(judged.dated) >= 0.5).then_some(judged)
    }

    /// A long list of long titles with dates: menus are linked words.
    fn score(&self) -> f64 {
        let Self {
            linked,
            dated,
            texts,
            title_chars,
            ..
        } = self;
        ratio(self.values, 1) * (0.5 + linked + 2.0 * dated + texts) * title_chars.min(30.0)
    }
}

/// The places where these values have what a field may be.
fn votes<'a, 'n, N: Node<'a> + 'n>(
    values: impl Iterator<Item = &'n N>,
    hints: &Hints<'_>,
) -> HashMap<(Field, Way<'a>), Votes> {
    let mut votes: HashMap<(Field, Way<'a>), Votes> = HashMap::new();
    for value in values {
        let mut leaves = Vec::new();
        leaves_of(*value, &mut Vec::new(), &mut leaves);
        let mut seen = HashSet::new();
        for leaf in leaves.into_iter().filter(|leaf| leaf.is_plausible(hints)) {
            let key = (leaf.field, leaf.way);
            // Each of a list is in the same place.
            if seen.insert(key.clone()) {
                let vote = votes.entry(key).or_default();
                vote.rank = leaf.rank;
                vote.values += 1;
                vote.chars += leaf.text.chars().take(MAX_TITLE_CHARS).count();
            }
        }
    }
    votes
}

/// The places of a field, the surest first: the surest name leads, unless few values have it where many have another.
/// An address is that of the title that stands beside it or further in (`around` is where that is): another one's is not.
fn places<'v, 'a>(
    votes: &'v HashMap<(Field, Way<'a>), Votes>,
    field: Field,
    around: Option<&[Step<'a>]>,
) -> Vec<(&'v Way<'a>, &'v Votes)> {
    let is_own = |way: &Way<'a>, votes: &Votes| {
        let place = way.get(..votes.rank.0).unwrap_or_default();
        field != Field::Link || around.is_some_and(|around| around.starts_with(place))
    };
    let mut places: Vec<(&Way<'a>, &Votes)> = votes
        .iter()
        .filter(|((of, way), votes)| *of == field && is_own(way, votes))
        .map(|((_, way), votes)| (way, votes))
        .collect();
    let most = places.iter().map(|(_, votes)| votes.values).max();
    let is_rare = |votes: &Votes| votes.values * 2 < most.unwrap_or(0);
    places.sort_by_key(|(way, votes)| (is_rare(votes), votes.rank, *way));
    places
}

/// A text somewhere in a value, and what its name says of it.
struct Leaf<'a> {
    field: Field,
    rank: (usize, usize),
    way: Way<'a>,
    text: Cow<'a, str>,
}

/// The texts of `node` whose names mean something.
fn leaves_of<'a, N: Node<'a>>(node: N, way: &mut Way<'a>, leaves: &mut Vec<Leaf<'a>>) {
    let parts = node.parts();
    let mut seen = HashSet::new();
    let twice: HashSet<Step<'a>> = parts
        .iter()
        .map(|(step, _)| *step)
        .filter(|step| !seen.insert(*step))
        .collect();
    for (step, part) in parts {
        let before = leaves.len();
        let level = way.len();
        way.push(step);
        if let Some((field, rank)) = meaning(step) {
            let mut leaf = |below: &[Step<'a>], text, inner: usize| {
                let way = way.iter().chain(below).copied().collect();
                // A name further in is as good as the one around it, but for other names beside it.
                let rank = (level, rank * TEXTS.len() + inner);
                leaves.push(Leaf {
                    field,
                    rank,
                    way,
                    text,
                });
            };
            match part.text() {
                Some(text) => leaf(&[], text, 0),
                None => texts_in(part, field, &mut Vec::new(), &mut leaf),
            }
        }
        // What stands there several times is a list of its own.
        let is_around = matches!(step, Step::Member(_)) && !twice.contains(&step);
        if leaves.len() == before && level < MAX_LEVELS && is_around {
            leaves_of(part, way, leaves);
        }
        way.pop();
    }
}

/// The texts in the value of a field: by a name such as `rendered`, or each of a list.
fn texts_in<'a, N: Node<'a>>(
    node: N,
    field: Field,
    way: &mut Way<'a>,
    leaf: &mut impl FnMut(&[Step<'a>], Cow<'a, str>, usize),
) {
    let names: &[&str] = match field {
        Field::Link | Field::Image | Field::Enclosure => &ADDRESSES,
        _ => &TEXTS,
    };
    for (step, part) in node.parts() {
        let rank = match step {
            Step::Each => Some(0),
            Step::Member(name) | Step::Attribute(name) => {
                let name = folded(name);
                names.iter().position(|known| **known == *name)
            }
        };
        let Some(rank) = rank else { continue };
        way.push(step);
        match part.text() {
            Some(text) => leaf(way, text, rank),
            None if step == Step::Each && way.len() == 1 => texts_in(part, field, way, leaf),
            None => {}
        }
        way.pop();
    }
}

impl Leaf<'_> {
    /// Whether it holds what its name says.
    fn is_plausible(&self, hints: &Hints<'_>) -> bool {
        let text = self.text.trim();
        let reads = || text.chars().any(char::is_alphabetic);
        match self.field {
            Field::Title => reads() && !is_web_address(text) && text.len() <= 4 * MAX_TITLE_CHARS,
            Field::Link | Field::Image | Field::Enclosure => is_address(text),
            Field::Date | Field::Updated => {
                epoch::counted(text).is_some() || dates::of_field(text, hints).is_some()
            }
            Field::Author | Field::Tag => reads() && text.len() <= 4 * MAX_TITLE_CHARS,
            Field::Summary | Field::Content => reads() && !is_web_address(text),
            Field::Guid => !text.is_empty(),
        }
    }
}

fn meaning(step: Step<'_>) -> Option<(Field, usize)> {
    match step {
        Step::Member(name) | Step::Attribute(name) => MEANINGS.get(&*folded(name)).copied(),
        Step::Each => None,
    }
}

/// `fecha_publicación` as `fechapublicacion`; a prefix of XML does not count.
fn folded(name: &str) -> String {
    let name = name.rsplit_once(':').map_or(name, |(_, local)| local);
    // No name that means anything is longer.
    let letters = name.chars().take(40).nfd();
    letters
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn is_web_address(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
    })
}

/// An address, or a path of one.
fn is_address(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && (is_web_address(text) || text.contains('/') && !text.contains("://"))
}

/// What part of a whole.
fn ratio(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(part) / float(whole.max(1))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::{Value, json};

    use super::*;

    /// Where the entries are, and their fields; nothing where there are none.
    #[track_caller]
    fn check(value: &Value, expected: &str) {
        let hints = Hints {
            language: None,
            order: None,
            learned: None,
            zone: chrono_tz::UTC,
            now: DateTime::UNIX_EPOCH,
        };
        let way = |way: &Way<'_>| {
            let steps = way.iter().map(|step| match step {
                Step::Member(name) | Step::Attribute(name) => *name,
                Step::Each => "*",
            });
            steps.collect::<Vec<_>>().join(".")
        };
        let shown = find(value, &hints).map(|found| {
            let fields = found.fields.iter().map(|(field, ways)| {
                let ways: Vec<String> = ways.iter().map(way).collect();
                format!("; {} {}", field.as_str(), ways.join(" | "))
            });
            way(&found.item) + &fields.collect::<String>()
        });
        assert_eq!(shown.unwrap_or_default(), expected);
    }

    #[test]
    fn a_list_has_titles_and_addresses_or_dates() {
        let bare = json!([{"title": "One notice"}, {"title": "Another notice"}]);
        check(&bare, "");
        let linked =
            json!([{"title": "One notice", "url": "/1"}, {"title": "Another", "url": "/2"}]);
        check(&linked, "*; title title; link url");
        let dated = json!({"notices": [{"name": "One notice", "fecha": "2021-11-30"}]});
        check(&dated, "notices.*; title name; date fecha");
        let numbers = json!([{"title": 1, "url": "/1"}, {"title": 2, "url": "/2"}]);
        check(&numbers, "");
    }

    #[test]
    fn a_name_that_holds_something_else_is_passed_over() {
        let entry = json!({"data": {"x": 1}, "title": "One notice", "link": "no link", "url": "/1", "author": 7, "tags": [3, 4]});
        check(&json!([entry]), "*; title title; link url");
    }

    #[test]
    fn an_address_of_something_else_is_not_taken() {
        let entry = json!({"title": "One notice", "date": "2021-11-30", "publisher": {"url": "https://a.example/"}});
        check(&json!([entry]), "*; title title; date date");
    }

    #[test]
    fn where_names_differ_several_are_looked_for() {
        let entries = json!([
            {"title": "One notice", "url": "/1"},
            {"headline": "Another notice", "url": "/2"},
            {"title": "A third notice", "url": "/3"},
        ]);
        check(&entries, "*; title title | headline; link url");
    }

    #[test]
    fn lists_in_lists_are_fields() {
        let entry = json!({"title": "One notice", "url": "/1", "tags": ["a", "b"], "authors": [{"name": "Ana"}, {"name": "Bo"}]});
        check(
            &json!([entry]),
            "*; title title; link url; author authors.*.name; tag tags.*",
        );
    }
}
