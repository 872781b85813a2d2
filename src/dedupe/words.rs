//! Words that count, date or merely join, in English, Spanish, French and Portuguese.
//!
//! In: a folded word. Out: what it means. Words of one spelling mean one thing in all four languages, or nothing where
//! that would mislead: the Portuguese `dos` is an article far more often than the Spanish numeral.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// What a word means where two texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A number, cardinal or ordinal.
    Number(u32),
    /// A month, from 1.
    Month(u32),
    /// A month where a number stands beside it; else a word as any other (`may`, `march`).
    MaybeMonth(u32),
    /// A day of the week, from Monday as 1.
    Weekday(u32),
    /// What a number of its own follows: `no.`, `week`, `boletín`.
    Designator,
    /// An article, a preposition, a conjunction.
    Joining,
}

/// `word`, folded, in a text of language `tongue` (ISO 639-1; empty where unknown).
pub(super) fn meaning(word: &str, tongue: &str) -> Option<Meaning> {
    match (word, tongue) {
        ("dos", "es") => return Some(Meaning::Number(2)),
        ("once", "es") => return Some(Meaning::Number(11)),
        ("dos", _) => return Some(Meaning::Joining),
        _ => {}
    }
    MEANINGS.get(word).copied()
}

/// The words between the parts of one number: `treinta y uno`, `vingt et un`.
pub(super) fn joins_numbers(word: &str) -> bool {
    matches!(word, "and" | "y" | "e" | "et")
}

/// The ending of an ordinal in digits: `23rd`, `3º`, `2e`.
pub(super) fn is_ordinal_ending(letters: &str) -> bool {
    let endings = [
        "st", "nd", "rd", "th", "o", "a", "os", "as", "er", "ero", "era", "ra", "ro", "do", "da",
        "to", "ta", "mo", "ma", "vo", "va", "no", "e", "eme", "ere", "re",
    ];
    endings.contains(&letters)
}

static MEANINGS: LazyLock<FxHashMap<&'static str, Meaning>> = LazyLock::new(|| {
    let mut meanings = FxHashMap::default();
    for word in JOINING.split_whitespace() {
        meanings.insert(word, Meaning::Joining);
    }
    for word in DESIGNATORS.split_whitespace() {
        meanings.insert(word, Meaning::Designator);
    }
    let mut add = |lines: &'static str, of: fn(u32) -> Meaning| {
        for line in lines.lines() {
            let mut words = line.split_whitespace();
            let value = words.next().and_then(|value| value.parse().ok());
            for word in words {
                meanings.insert(word, of(value.unwrap_or_default()));
            }
        }
    };
    add(NUMBERS, Meaning::Number);
    add(MONTHS, Meaning::Month);
    add(MAYBE_MONTHS, Meaning::MaybeMonth);
    add(WEEKDAYS, Meaning::Weekday);
    meanings
});

const JOINING: &str = "a an the of in on at to for from by with and or as is are was be its \
    el la los las un una unos unas de del al en con por para y e o u que se su sus lo es son \
    le les une des du d l et ou au aux dans sur par pour avec est sont qui que ce sa son ses \
    os as um uma uns umas do da das no na nos nas ao aos pelo pela pelos pelas em com ou seu sua sem";

const DESIGNATORS: &str = "no nr num numero number numeros n issue edition edicion edicao volume vol tomo week semana \
    semaine se part parte partie phase fase episode episodio chapter capitulo chapitre round boletin bulletin boletim \
    comunicado communique report informe reporte rapport circular aviso alerta notice resolution resolucion resolucao";

const NUMBERS: &str = "0 zero cero
1 one uno first primer primero primera primeros primeras premier premiere primeiro primeira primeiros primeiras
2 two deux dois duas second segundo segunda deuxieme seconde
3 three tres trois third tercer tercero tercera troisieme terceiro terceira
4 four cuatro quatre quatro fourth cuarto cuarta quatrieme quarto quarta
5 five cinco cinq fifth quinto quinta cinquieme
6 six seis sixth sexto sexta sixieme
7 seven siete sept sete seventh septimo septima septieme setimo setima
8 eight ocho huit oito eighth octavo octava huitieme oitavo oitava
9 nine nueve neuf nove ninth noveno novena neuvieme nono nona
10 ten diez dix dez tenth decimo decima dixieme
11 eleven onze eleventh undecimo undecima onzieme
12 twelve doce douze doze twelfth duodecimo duodecima douzieme
13 thirteen trece treize treze thirteenth treizieme
14 fourteen catorce quatorze catorze fourteenth quatorzieme
15 fifteen quince quinze fifteenth quinzieme
16 sixteen dieciseis seize dezesseis dezasseis sixteenth seizieme
17 seventeen diecisiete dezessete dezassete seventeenth
18 eighteen dieciocho dezoito eighteenth
19 nineteen diecinueve dezenove dezanove nineteenth
20 twenty veinte vingt vinte twentieth vigesimo vigesima vingtieme
21 veintiuno veintiun veintiuna
22 veintidos
23 veintitres
24 veinticuatro
25 veinticinco
26 veintiseis
27 veintisiete
28 veintiocho
29 veintinueve
30 thirty treinta trente trinta thirtieth trigesimo trigesima trentieme
40 forty cuarenta quarante quarenta fortieth cuadragesimo quadragesimo quarantieme
50 fifty cincuenta cinquante cinquenta fiftieth quincuagesimo quinquagesimo cinquantieme
60 sixty sesenta soixante sessenta sixtieth sexagesimo soixantieme
70 seventy setenta septante seventieth septuagesimo
80 eighty ochenta oitenta huitante octante eightieth octogesimo
90 ninety noventa nonante ninetieth nonagesimo
100 hundred cien ciento cent cem cento hundredth centesimo centieme
200 doscientos doscientas duzentos duzentas
300 trescientos trescientas trezentos trezentas
400 cuatrocientos cuatrocientas quatrocentos quatrocentas
500 quinientos quinientas quinhentos quinhentas
600 seiscientos seiscientas seiscentos seiscentas
700 setecientos setecientas setecentos setecentas
800 ochocientos ochocientas oitocentos oitocentas
900 novecientos novecientas novecentos novecentas
1000 thousand mil mille thousandth milesimo millieme";

const MONTHS: &str = "1 january enero janvier janeiro
2 february febrero fevrier fevereiro
3 marzo
4 april abril avril
5 mayo maio
6 june junio juin junho
7 july julio juillet julho
8 august agosto aout
9 september septiembre setiembre septembre setembro
10 october octubre octobre outubro
11 november noviembre novembre novembro
12 december diciembre decembre dezembro";

const MAYBE_MONTHS: &str = "1 jan ene janv
2 feb fev fevr
3 march mars marco mar
4 apr abr avr
5 may mai
6 jun
7 jul juil
8 aug ago
9 sep
10 oct out
11 nov
12 dec dic";

const WEEKDAYS: &str = "1 monday lunes lundi
2 tuesday martes mardi terca
3 wednesday miercoles mercredi
4 thursday jueves jeudi
5 friday viernes vendredi
6 saturday sabado samedi
7 sunday domingo dimanche";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_listed_under_two_meanings_of_one_kind() {
        let mut seen = FxHashMap::default();
        for list in [NUMBERS, MONTHS, MAYBE_MONTHS, WEEKDAYS] {
            for line in list.lines() {
                for word in line.split_whitespace().skip(1) {
                    assert_eq!(seen.insert(word, line), None, "{word}");
                }
            }
        }
    }

    #[test]
    fn a_word_means_what_its_language_says() {
        assert_eq!(meaning("dos", "es"), Some(Meaning::Number(2)));
        assert_eq!(meaning("dos", "pt"), Some(Meaning::Joining));
        assert_eq!(meaning("once", "en"), None);
        assert_eq!(meaning("veintitres", ""), Some(Meaning::Number(23)));
    }
}
