# What `.ci/run` checks before the tests, and the licences and advisories of what we depend on (needs cargo-deny).
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo deny check

test:
    cargo test

# Items a second from document bytes to committed store, and each stage's share; then feeds beside other readers.
bench:
    cargo bench

# Writes the snapshots again. Read the difference before you commit it.
snapshots:
    INSTA_UPDATE=always cargo test
    git diff -- '*.snap'
