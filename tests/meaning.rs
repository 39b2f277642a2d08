//! One meaning everywhere: the engine's rows for a sentence are those that a second reader of the emitted Insights text
//! finds in the same records, for every possible behaviour of the service.
#![cfg(feature = "local")]

mod evaluator;

#[path = "meaning/batch.rs"]
mod batch;
#[path = "meaning/coming_from.rs"]
mod coming_from;
#[path = "meaning/compare.rs"]
mod compare;
#[path = "meaning/corpus.rs"]
mod corpus;
#[path = "meaning/differed.rs"]
mod differed;
#[path = "meaning/engine.rs"]
mod engine;
#[path = "meaning/known.rs"]
mod known;
#[path = "chance/random.rs"]
mod random;
#[path = "meaning/records.rs"]
mod records;
#[path = "chance/sentences.rs"]
mod sentences;
#[path = "meaning/tally.rs"]
mod tally;
#[path = "meaning/typed.rs"]
mod typed;
#[path = "meaning/whole.rs"]
mod whole;

use std::thread;

use tally::Tally;

/// The numbers of conditions and of whole sentences; each half is run in its own thread.
const CONDITIONS: usize = 19_400;
const SENTENCES: usize = 2_000;
/// Fewer cases than this would prove too little.
const FEWEST_CASES: usize = 170;
const FEWEST_PLANS: usize = 20_000;

#[test]
fn the_engine_means_what_the_emitted_text_means() {
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let halves = [1, 2].map(|seed| {
            scope.spawn(move || {
                let mut tally = batch::conditions(CONDITIONS / 2, seed);
                tally.add(whole::sentences(SENTENCES / 2, seed));
                tally
            })
        });
        tally.add(corpus::cases());
        for half in halves {
            tally.add(half.join().expect("no thread panics"));
        }
    });
    for difference in tally.differences.iter().take(20) {
        println!("DIFFERENCE {difference}\n");
    }
    println!("{tally}");
    assert!(tally.differences.is_empty(), "both sides differ");
    assert!(tally.cases >= FEWEST_CASES && tally.plans >= FEWEST_PLANS, "too little was compared");
}
