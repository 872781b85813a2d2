# What `.ci/run` checks before the tests, and the licences and advisories of what we depend on (needs cargo-deny).
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
    cargo deny --locked check

test:
    cargo test --locked

# Items a second from document bytes to committed store, and each stage's share; then feeds beside other readers.
bench:
    cargo bench --locked

# Writes the snapshots and the outputs of `tests/versions` again. Read the difference before you commit it.
snapshots:
    INSTA_UPDATE=always cargo test --locked
    git diff -- '*.snap' tests/versions

# Runs a fuzz target for ten minutes, from the fixtures on (needs a nightly compiler and cargo-fuzz).
fuzz TARGET:
    bash fuzz/seeds.sh
    cargo +nightly fuzz run -s none {{TARGET}} -- -max_total_time=600 -rss_limit_mb=2048 -timeout=10 -max_len=8192
