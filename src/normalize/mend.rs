//! Repairs damaged text: references escaped twice, and UTF-8 decoded as windows-1252.
//!
//! Both are undone only if no other reading makes sense, and undoing them again changes nothing. White space and soft
//! hyphens are part of the damage: do not fold them first.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use super::html::parse_reference;

/// Returns the repaired text.
pub(super) fn mend_text(text: &str) -> Cow<'_, str> {
    match unescape_text(text) {
        Cow::Borrowed(text) => unscramble_text(text),
        Cow::Owned(text) => Cow::Owned(unscramble_text(&text).into_owned()),
    }
}

/// Decodes double escapes: `AT&amp;T`, `caf&eacute;`, `&amp;nbsp;`. A text about markup is left alone, and so are
/// references to ASCII characters other than quotes.
fn unescape_text(text: &str) -> Cow<'_, str> {
    let speaks_of_markup = || {
        ["<", ">", "lt;", "gt;"]
            .iter()
            .any(|sign| text.contains(sign))
    };
    if !text.contains('&') || speaks_of_markup() {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let meant = piece.trim_start_matches("amp;");
        let found =
            parse_reference(meant).filter(|(c, ..)| !c.is_ascii() || matches!(c, '"' | '\''));
        if let Some((c, combining, rest)) = found {
            plain.push(c);
            plain.extend(combining);
            plain.push_str(rest);
        } else {
            plain.push('&');
            plain.push_str(meant);
        }
    }
    Cow::Owned(plain)
}

/// Repairs UTF-8 that was decoded as windows-1252 or ISO 8859-1.
fn unscramble_text(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAX_TIMES {
        let Some(meant) = repair_sequences(&text) else {
            break;
        };
        text = Cow::Owned(meant);
    }
    text
}

/// Returns true if a text may contain a sequence that [`unscrambled`] repairs: a character that begins a UTF-8
/// sequence, followed by one that continues it, or may have been one. Entities count as such.
pub(super) fn may_need_repair(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(LEAD_BYTE, rest.as_bytes()) {
        let mut chars = rest.get(at..).unwrap_or_default().chars();
        let (lead, next) = (chars.next(), chars.next());
        rest = chars.as_str();
        let is_lead = lead.is_some_and(|lead| ('Â'..='ô').contains(&lead));
        let goes_on = |next| is_continuation(next) || next == '&';
        if lead == Some('Ã') || is_lead && next.is_some_and(goes_on) {
            return true;
        }
        // It may begin a sequence itself.
        let behind = text.len() - rest.len() - next.map_or(0, char::len_utf8);
        rest = text.get(behind..).unwrap_or_default();
    }
    false
}

/// Maximum number of times that a text was damaged in the same way.
const MAX_TIMES: usize = 4;

/// The first byte of every character from `À` to `ÿ`.
const LEAD_BYTE: u8 = 0xC3;

/// Maximum number of characters of a sequence.
const MAX_SEQUENCE: usize = 4;

/// Minimum number of adjacent sequences in a text with a non-Western alphabet.
const MIN_RUN: usize = 3;

/// A UTF-8 sequence whose bytes were decoded as separate characters.
struct ScrambledSequence {
    /// Byte offset in the text.
    start: usize,
    end: usize,
    meant: char,
    /// True if no other reading is possible.
    is_certain: bool,
}

/// Repairs the sequences of a text. If all characters outside ASCII are parts of sequences, one certain sequence is
/// enough for all of them; otherwise only certain sequences are repaired.
fn repair_sequences(text: &str) -> Option<String> {
    if !may_need_repair(text) {
        return None;
    }
    let sequences = find_sequences(text);
    let is_any_certain = sequences.iter().any(|sequence| sequence.is_certain);
    let mut meant = String::with_capacity(text.len());
    let (mut at, mut is_whole) = (0, true);
    for sequence in &sequences {
        let between = text.get(at..sequence.start).unwrap_or_default();
        is_whole &= between.is_ascii();
        at = sequence.end;
    }
    is_whole &= text.get(at..).unwrap_or_default().is_ascii();
    at = 0;
    for sequence in &sequences {
        if sequence.is_certain || is_whole && is_any_certain {
            meant.push_str(text.get(at..sequence.start).unwrap_or_default());
            meant.push(sequence.meant);
            at = sequence.end;
        }
    }
    meant.push_str(text.get(at..).unwrap_or_default());
    let meant = repair_lost_ends(&meant).unwrap_or(meant);
    (meant != text).then_some(meant)
}

fn find_sequences(text: &str) -> Vec<ScrambledSequence> {
    let mut found: Vec<ScrambledSequence> = Vec::new();
    // Number of adjacent sequences at the end of `found`.
    let mut run = 0;
    let (mut at, mut before) = (0, None);
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let sequence = sequence_at(text, at, before);
        let Some(sequence) = sequence else {
            (at, before, run) = (at + c.len_utf8(), Some(c), 0);
            continue;
        };
        run += 1;
        (at, before) = (sequence.end, Some(sequence.meant));
        found.push(sequence);
        // Earlier sequences of a longer run are already marked.
        let unmarked = match run {
            ..MIN_RUN => 0,
            MIN_RUN => MIN_RUN,
            _ => 1,
        };
        for sequence in found.iter_mut().rev().take(unmarked) {
            sequence.is_certain |= !is_western(sequence.meant);
        }
    }
    found
}

/// Returns the sequence at a byte of the text; `before` is the preceding character, repaired.
fn sequence_at(text: &str, at: usize, before: Option<char>) -> Option<ScrambledSequence> {
    let rest = text.get(at..)?;
    let lead = rest.chars().next().filter(|c| ('Â'..='ô').contains(c))?;
    let length = match lead {
        ..='ß' => 2,
        'à'..='ï' => 3,
        _ => 4,
    };
    let mut bytes = [0; MAX_SEQUENCE];
    let mut end = at;
    let mut written = rest.chars();
    for (place, byte) in bytes.iter_mut().take(length).enumerate() {
        let c = written.next()?;
        (place == 0 || is_continuation(c)).then_some(())?;
        *byte = original_byte(c)?;
        end += c.len_utf8();
    }
    let meant = std::str::from_utf8(bytes.get(..length)?).ok()?;
    let meant = meant.chars().next()?;
    let second = rest.chars().nth(1)?;
    let around = (before, written.next());
    Some(ScrambledSequence {
        start: at,
        end,
        meant,
        is_certain: is_certain(lead, second, meant, around),
    })
}

/// Returns true if a sequence has no other reading. `AMANHÃ… diz` and `está…” dijo` are words.
fn is_certain(lead: char, second: char, meant: char, around: (Option<char>, Option<char>)) -> bool {
    let (before, behind) = around;
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let is_small = |c: Option<char>| c.is_some_and(char::is_lowercase);
    let is_capital = |c: Option<char>| c.is_some_and(char::is_uppercase);
    match lead {
        'Â' => meant >= '\u{A0}',
        'Ã' => match second {
            '\u{A0}' | '»' | '«' => !is_capital(before),
            '“' | '”' | '‘' | '„' | '‹' | '›' => {
                !is_letter(before) || is_letter(behind)
            }
            '…' | '’' | '–' | '—' => {
                !is_letter(before) || is_small(before) && is_letter(behind)
            }
            _ => true,
        },
        'Ä' | 'Å' => {
            let quotes = "\u{A0}«»·…’–—“”‘„‹›".contains(second);
            !quotes && (is_small(before) || is_small(behind))
        }
        'â' => {
            matches!(meant, '\u{2000}'..='\u{2044}' | '€' | '№' | '™' | '\u{2190}'..='\u{22FF}')
        }
        'ï' => matches!(meant, '\u{FEFF}' | '\u{FFFD}'),
        'ð' => second == 'Ÿ' || second == '\u{9F}',
        _ => false,
    }
}

fn is_western(c: char) -> bool {
    matches!(c, '\0'..='\u{FF}' | '\u{2000}'..='\u{2BFF}')
}

/// Repairs `Ã` whose second character is lost: a no-break space was folded, or an invisible soft hyphen removed. It
/// was the beginning of `à` or `í`: no capital occurs among small letters, and `Ã` alone is not a word.
fn repair_lost_ends(text: &str) -> Option<String> {
    let mut pieces = text.split('Ã');
    let mut meant = pieces.next()?.to_owned();
    let mut is_mended = false;
    for piece in pieces {
        let (before, behind) = (meant.chars().next_back(), piece.chars().next());
        let is_small = |c: char| c.is_lowercase();
        let ends = behind.is_none_or(|c| c == ' ');
        // A second space follows the one that was part of the sequence: `à la carte`.
        let is_word = before.is_none_or(|c| " '’".contains(c)) && piece.starts_with("  ");
        if is_word || ends && before.is_some_and(is_small) {
            meant.push('à');
            meant.push_str(match piece.strip_prefix(' ') {
                Some(rest) if rest.starts_with(' ') => rest,
                _ => piece,
            });
            is_mended = true;
        } else if before.is_some_and(is_small) && behind.is_some_and(is_small) {
            meant.push('í');
            meant.push_str(piece);
            is_mended = true;
        } else {
            meant.push('Ã');
            meant.push_str(piece);
        }
    }
    is_mended.then_some(meant)
}

/// Returns true if a character represents a continuation byte: 0x80 to 0xBF.
fn is_continuation(c: char) -> bool {
    original_byte(c).is_some_and(|byte| (0x80..0xC0).contains(&byte))
}

/// Returns the byte that was decoded as the character, by windows-1252 or ISO 8859-1.
fn original_byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    let mut buffer = [0; MAX_SEQUENCE];
    let (bytes, _, unmappable) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    bytes.first().copied().filter(|_| !unmappable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(mend_text(text), expected);
    }

    #[test]
    fn what_was_escaped_twice_is_undone() {
        check("R&amp;D, AT&amp;amp;T", "R&D, AT&T");
        check(
            "caf&eacute;&#8217;s &amp;nbsp;&quot;a&#39;",
            "café’s \u{a0}\"a'",
        );
        check(
            "a &#x26;amp; b &#65; &copy 2 & &x;",
            "a &#x26;amp; b &#65; &copy 2 & &x;",
        );
        check(
            "The &lt;b> tag &amp; caf&eacute;",
            "The &lt;b> tag &amp; caf&eacute;",
        );
    }

    #[test]
    fn utf8_taken_for_windows_1252_is_undone() {
        check("MigraciÃ³n y â€œtrabajoâ€\u{9d}", "Migración y “trabajo”");
        check("ÃƒÂ±", "ñ");
        check("&Atilde;&copy;", "é");
        for right in [
            "São Paulo: ação",
            "Ãéa",
            "NÃO",
            "ñandú",
            "Â",
            "a Ã b",
            "AMANHÃ… diz",
            "IRMÃ”",
            "AMANHÃ\u{a0}DE MANHÃ",
            "está…” dijo",
            "«está» né»",
            "PÅ\u{a0}VÄG…",
            "é–“–",
        ] {
            check(right, right);
        }
    }

    #[test]
    fn letters_whose_second_byte_is_a_space_or_a_hyphen_are_read() {
        check("PolÃ\u{ad}tica y Ã\u{a0} la vez", "Política y à la vez");
        check("Ã\u{81}frica, Ã\u{8d}ndice", "África, Índice");
        check("Ã€ la carte, Ã‰tat", "À la carte, État");
        check("NACIÃ“N, Ã“scar, MÃ‰XICO", "NACIÓN, Óscar, MÉXICO");
        check(
            "Ã–sterreich, Ã…ngstrÃ¶m, StraÃŸe",
            "Österreich, Ångström, Straße",
        );
        check("l'universitÃ  di Roma", "l'università di Roma");
        check("cittÃ ", "città ");
        check("Ã  la carte", "à la carte");
        check("polÃtica", "política");
        check("3 Ã— 4 mÂ²", "3 × 4 m²");
    }

    #[test]
    fn what_was_taken_for_iso_8859_1_is_read() {
        check(
            "â\u{80}\u{9c}asÃ\u{ad}â\u{80}\u{9d} â\u{82}\u{ac}",
            "“así” €",
        );
    }

    #[test]
    fn a_text_that_is_right_in_part_is_mended_in_part() {
        check("Ã© → b", "é → b");
        check("“PolÃ\u{ad}tica” — año", "“Política” — año");
        check("“AMANHÃ… Ã©”", "“AMANHÃ… é”");
    }

    #[test]
    fn other_alphabets_are_read_where_they_are_written() {
        check("ÐœÐ¸Ñ€ ÑƒÐ¶Ðµ", "Мир уже");
        check("å…¬å‘Šäº‹é¡¹", "公告事项");
        check("Å‚Ã³dÅº", "łódź");
        check("ðŸš¨ Alerta", "🚨 Alerta");
        check("ï»¿Aviso", "\u{feff}Aviso");
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for piece in ["Ã", "Ãƒ", "é–“", "Ã ", "&amp;", "Â&", "ðŸ"] {
            mend_text(&piece.repeat(300_000));
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "([&;#aé ]|amp|&amp;|eacute|nbsp|&#38;|lt;|Ã|Â|©|â€™|copy){0,20}") {
            let once = mend_text(&text).into_owned();
            prop_assert_eq!(mend_text(&once), once.as_str());
        }

        #[test]
        fn what_was_scrambled_is_read(text in "[a-zñáéíóúü¿¡–“”’ ]{0,20}[ñáéí–“’]") {
            let (scrambled, _) = WINDOWS_1252.decode_without_bom_handling(text.as_bytes());
            prop_assert_eq!(mend_text(&scrambled), text.as_str());
        }
    }
}
