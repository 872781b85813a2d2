//! `tidings explain regions`: finds the countries and subdivisions that a text mentions.
//!
//! JSON lines, one object in and one out, in order: `{"text", "lang"?, "source_region"?}` to `{"regions":
//! ["MX", "MX-CHP"]}`.

use std::io::{self, BufRead as _, Write};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::classify::regions::{MentionedRegion, RegionEvidence, find_regions};
use crate::cli::CliError;
use crate::model::{Country, Language, Region};

/// The longest line of JSON, in bytes.
const MAX_LINE: u64 = 16 << 20;

#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// Texts to read; without any, JSON lines with `text`, `lang` and `source_region` are read from stdin
    #[arg(value_name = "TEXT")]
    texts: Vec<String>,
    /// The language of the texts
    #[arg(long)]
    language: Option<Language>,
    /// The country of the texts' source
    #[arg(long)]
    country: Option<Country>,
    /// Print JSON lines for texts, too
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct RegionQuestion {
    text: String,
    lang: Option<String>,
    source_region: Option<String>,
}

#[derive(Serialize)]
struct RegionAnswer {
    regions: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if arguments.texts.is_empty() {
        answer_each_line(&mut io::stdin().lock(), &mut out)?;
    }
    for text in &arguments.texts {
        let tagged = find_regions(&[text], arguments.language.as_ref(), arguments.country);
        if arguments.json {
            let regions = tagged.iter().map(|found| found.region.to_string());
            let regions = regions.collect();
            let json = serde_json::to_string(&RegionAnswer { regions });
            writeln!(out, "{}", json.expect("plain data always serializes"))?;
        } else {
            explain_regions(text, &tagged, &mut out)?;
        }
    }
    Ok(out.flush()?)
}

/// Writes one line per region: its code and the evidence.
fn explain_regions(text: &str, tagged: &[MentionedRegion], out: &mut impl Write) -> io::Result<()> {
    for MentionedRegion { region, evidence } in tagged {
        let why = match evidence {
            RegionEvidence::Words { bytes, .. } => text.get(bytes.clone()).unwrap_or_default(),
            RegionEvidence::Source => "(the country of the source)",
        };
        writeln!(out, "{:<8}{why}", region.to_string())?;
    }
    if tagged.is_empty() {
        writeln!(out, "no region")?;
    }
    Ok(())
}

/// Answers each line at once: the caller may wait for the answer before it sends the next line.
fn answer_each_line(lines: &mut impl io::BufRead, out: &mut impl Write) -> Result<(), CliError> {
    let mut number = 0;
    loop {
        let mut line = String::new();
        number += 1;
        if io::Read::take(&mut *lines, MAX_LINE).read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            continue;
        }
        let question: RegionQuestion = serde_json::from_str(&line)
            .map_err(|error| CliError::Usage(format!("line {number}: {error}")))?;
        let answer = RegionAnswer {
            regions: question
                .find_regions()
                .map_err(|error| CliError::Usage(format!("line {number}: {error}")))?,
        };
        let json = serde_json::to_string(&answer).expect("plain data always serializes");
        writeln!(out, "{json}")?;
        out.flush()?;
    }
}

impl RegionQuestion {
    fn find_regions(&self) -> Result<Vec<String>, String> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let language: Option<Language> = given(&self.lang)
            .map(|tag| tag.parse().map_err(|error| format!("{error}")))
            .transpose()?;
        let home: Option<Region> = given(&self.source_region)
            .map(|code| code.parse().map_err(|error| format!("{error}")))
            .transpose()?;
        let tagged = find_regions(&[&self.text], language.as_ref(), home.map(Region::country));
        Ok(tagged
            .iter()
            .map(|tagged| tagged.region.to_string())
            .collect())
    }
}
