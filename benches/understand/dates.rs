//! The cost of reading a date.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use tidings::dates::{self, DateHints};

/// Dates as bulletins write them, one of each form.
const DATES: [&str; 20] = [
    "28 June, 2021",
    "Monday, June 28th, 2021",
    "Mon, 28 Jun 2021 09:10:05 GMT",
    "2021-06-28T09:10:05-06:00",
    "28/06/2021",
    "Fecha de publicación: 28 de junio de 2021 a las 10:30 p. m.",
    "hace 3 días",
    "2 hours ago",
    "del 30 de abril al 2 de mayo de 2021",
    "1º de mayo de 2021",
    "il y a deux jours",
    "Publié le 1er juillet 2021 à 9h30",
    "segunda-feira, 28 de junho de 2021 às 11h57",
    "Stand: 28.06.2021, 9.30 Uhr",
    "28 июня 2021 г. в 09:30",
    "٢٨ حزيران/يونيو ٢٠٢١",
    "2021年6月28日 星期一 下午3:05",
    "Semana epidemiológica 23 de 2021",
    "Boletín N.º 12, abril de 2022",
    "Press release | Geneva, 28 June 2021 | 14:00 CET",
];

/// A text without a date, of about 100 words.
const TEXT: &str = "The municipality and 12 partner organisations opened an office on the second floor of the market hall. \
    More than 250 people came in the first 3 weeks, most of them women who look for work in the 7 packing plants of the \
    valley. The office helps them to write a contract, to open an account and to learn what the law says about hours and \
    pay; it answers in 4 languages. Its budget of 1,200,000 colones a year is shared between the 2 ministries that run \
    it. Whoever wants to know more may call 2222-0000 or write to the address below, and will have an answer within days.";

pub(super) fn bench(criterion: &mut Criterion) {
    let hints = DateHints {
        language: None,
        order: None,
        learned: None,
        zone: chrono_tz::America::Costa_Rica,
        now: "2021-07-01T12:00:00Z".parse().expect("a time"),
    };
    let mut group = criterion.benchmark_group("dates");
    group.throughput(Throughput::Elements(DATES.len() as u64));
    group.bench_function("fields", |bencher| {
        bencher.iter(|| {
            for text in DATES {
                black_box(dates::parse_field(black_box(text), &hints));
            }
        });
    });
    group.throughput(Throughput::Bytes(TEXT.len() as u64));
    group.bench_function("a text without dates", |bencher| {
        bencher.iter(|| black_box(dates::find_date(black_box(TEXT), &hints)));
    });
    group.finish();
}
