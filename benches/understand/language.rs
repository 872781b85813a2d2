//! The cost of detecting the language of a text.

use std::hint::black_box;

use criterion::Criterion;
use tidings::normalize::identify_language;

/// A hundred words of a bulletin, in each of four languages.
const BULLETINS: [(&str, &str); 4] = [
    (
        "en",
        "The ministry of labour said on Monday that the workers who come to the valley for the coffee harvest will be paid what they were promised, and that inspectors are going to visit every farm before the end of the season. ",
    ),
    (
        "es",
        "El ministerio de trabajo informó el lunes que las personas que llegan al valle para la cosecha de café recibirán lo que se les prometió, y que los inspectores visitarán todas las fincas antes de que termine la temporada. ",
    ),
    (
        "fr",
        "Le ministère du travail a annoncé lundi que les personnes qui viennent dans la vallée pour la récolte du café seront payées comme prévu, et que des inspecteurs visiteront toutes les fermes avant la fin de la saison. ",
    ),
    (
        "ht",
        "Ministè travay la di lendi ke tout moun ki vin nan vale a pou rekòt kafe ap resevwa lajan yo te pwomèt yo, epi enspektè yo pral vizite chak fèm anvan sezon an fini, paske peyi a bezwen yo. ",
    ),
];

pub(super) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("language");
    for (code, bulletin) in BULLETINS {
        let text = bulletin.repeat(3);
        assert_eq!(
            identify_language(&text)
                .map(|found| found.to_string())
                .as_deref(),
            Some(code)
        );
        group.bench_function(code, |bencher| {
            bencher.iter(|| identify_language(black_box(&text)));
        });
    }
    group.finish();
}
