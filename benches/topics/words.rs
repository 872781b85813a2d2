//! Texts of one made-up language, whose words have natural frequencies (Zipf).

/// The size of its vocabulary.
const WORDS: usize = 30_000;
/// Its commonest words, which no sensible query contains.
pub(crate) const COMMON: usize = 1_000;

/// A language: its words, the commonest first.
pub(crate) struct Words {
    words: Vec<String>,
    /// The cumulative share of a text up to each word.
    share: Vec<f64>,
}

impl Words {
    pub(crate) fn new() -> Self {
        const SYLLABLES: [&str; 24] = [
            "mi", "gra", "ta", "lo", "ren", "su", "vel", "por", "ki", "den", "ma", "ro", "tes",
            "ca", "lin", "bo", "fer", "nu", "pla", "si", "dor", "he", "vi", "ban",
        ];
        const ENDINGS: [&str; 8] = ["", "", "s", "ed", "ing", "ción", "ers", "ation"];
        let word = |mut n: usize| {
            let ending = ENDINGS[(n * 7) % ENDINGS.len()];
            let mut word = String::new();
            n += SYLLABLES.len();
            while n > 0 {
                word.push_str(SYLLABLES[n % SYLLABLES.len()]);
                n /= SYLLABLES.len();
            }
            word + ending
        };
        let mut sum = 0.0;
        let share = (1..=WORDS).map(|rank| {
            sum += 1.0 / f64::from(u32::try_from(rank).unwrap_or(u32::MAX));
            sum
        });
        Self {
            share: share.collect(),
            words: (0..WORDS).map(word).collect(),
        }
    }

    /// Returns a word that is not among the commonest.
    pub(crate) fn word(&self, from: usize, chance: &mut Chance) -> &str {
        let (low, high) = (self.share[from], self.share[WORDS - 1]);
        let at = low + chance.share() * (high - low);
        let rank = self.share.partition_point(|share| *share < at);
        &self.words[rank.min(WORDS - 1)]
    }

    /// Returns a text with that many words.
    pub(crate) fn text(&self, length: usize, chance: &mut Chance) -> String {
        let word = |n: usize, chance: &mut Chance| {
            let sign = if n % 11 == 10 { ". " } else { " " };
            self.word(0, chance).to_owned() + sign
        };
        (0..length).map(|n| word(n, chance)).collect()
    }
}

/// Pseudo-random numbers, the same in every run (xorshift).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 32).unwrap_or_default()
    }

    pub(crate) fn below(&mut self, limit: u32) -> usize {
        (self.next() % limit) as usize
    }

    fn share(&mut self) -> f64 {
        f64::from(self.next()) / f64::from(u32::MAX)
    }
}
