//! The cost of finding the places in an item of a hundred words.

use std::hint::black_box;

use criterion::Criterion;
use tidings::classify::regions;

/// Items of a hundred words, as bulletins have them, and a long one without places.
const ITEMS: [(&str, &str, &str); 4] = [
    (
        "english",
        "en",
        "Officials of three countries exchange on labour migration. Over thirty officials of Mexico, Guatemala and Honduras met in \
         Tapachula for four days to compare how seasonal workers are recruited, which documents they carry, and what happens when an \
         employer does not pay. The ministries of labour, the migration institutes and the consulates agreed to share their forms \
         and to train new inspectors together. The workshop, held with support of the International Organization for Migration, \
         ended with a visit to the border crossing of Ciudad Hidalgo, where cards for border workers are issued. A second meeting \
         will take place in San Salvador in March next year, and a guide follows.",
    ),
    (
        "spanish",
        "es",
        "Funcionarios de tres países intercambian experiencias sobre migración laboral. Más de treinta funcionarios de México, \
         Guatemala y Honduras se reunieron en Tapachula durante cuatro días para comparar cómo se contrata a las personas \
         trabajadoras de temporada, qué documentos llevan y qué ocurre cuando un empleador no paga. Los ministerios de trabajo, los \
         institutos de migración y los consulados acordaron compartir sus formularios y capacitar juntos a nuevos inspectores. El \
         taller terminó con una visita al paso fronterizo de Ciudad Hidalgo, donde se emiten las tarjetas para trabajadores \
         fronterizos guatemaltecos. La segunda reunión será en San Salvador el próximo mes de marzo.",
    ),
    (
        "french",
        "fr",
        "Des responsables de trois pays échangent sur les migrations de travail. Plus de trente responsables d'Haïti, de la \
         République dominicaine et de la Jamaïque se sont retrouvés à Port-au-Prince pendant quatre jours afin de comparer comment \
         les travailleurs saisonniers sont recrutés, quels documents ils portent et ce qui arrive lorsqu'un employeur ne paie pas. \
         Les ministères du travail, les instituts et les consulats sont convenus de partager leurs formulaires et de former ensemble \
         de nouveaux inspecteurs. L'atelier s'est achevé par une visite du poste frontière de Ouanaminthe, où les cartes des \
         travailleurs haïtiens sont délivrées. Une deuxième réunion aura lieu à Kingston.",
    ),
    (
        "unknown",
        "",
        "Funcionarios de tres países intercambian experiencias sobre migración laboral. Más de treinta funcionarios de México, \
         Guatemala y Honduras se reunieron en Tapachula durante cuatro días para comparar cómo se contrata a las personas \
         trabajadoras de temporada, qué documentos llevan y qué ocurre cuando un empleador no paga. Los ministerios de trabajo, los \
         institutos de migración y los consulados acordaron compartir sus formularios y capacitar juntos a nuevos inspectores. El \
         taller terminó con una visita al paso fronterizo de Ciudad Hidalgo, donde se emiten las tarjetas para trabajadores \
         fronterizos guatemaltecos. La segunda reunión será en San Salvador el próximo mes de marzo.",
    ),
];

pub(super) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("places");
    for (name, language, text) in ITEMS {
        let language = language.parse().ok();
        group.bench_function(name, |bencher| {
            bencher.iter(|| regions::find_regions(&[black_box(text)], language.as_ref(), None));
        });
    }
    group.finish();
}
