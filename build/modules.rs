//! Lists the modules of this crate and the crates it is built with: the names that a log filter may contain.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

/// The size limit of `Cargo.lock`, larger than it ever is.
const MAX_LOCK_BYTES: u64 = 16 << 20;

pub(crate) fn write(out: &Path) -> io::Result<()> {
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.lock");
    let mut modules = vec!["tidings".to_owned()];
    walk(Path::new("src"), "tidings", &mut modules)?;
    modules.sort();
    modules.dedup();
    fs::write(out.join("modules.txt"), modules.join("\n"))?;
    let mut lock = String::new();
    fs::File::open("Cargo.lock")?
        .take(MAX_LOCK_BYTES)
        .read_to_string(&mut lock)?;
    let names = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let crates: Vec<String> = names.map(|name| name.replace('-', "_")).collect();
    fs::write(out.join("crates.txt"), crates.join("\n"))
}

fn walk(folder: &Path, path: &str, modules: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?.path();
        let name = entry.file_stem().and_then(|name| name.to_str());
        let name = name.unwrap_or_default();
        if entry.is_dir() {
            walk(&entry, &format!("{path}::{name}"), modules)?;
        } else if entry.extension().is_some_and(|end| end == "rs") {
            match name {
                "mod" | "lib" | "main" => modules.push(path.to_owned()),
                name => modules.push(format!("{path}::{name}")),
            }
        }
    }
    Ok(())
}
