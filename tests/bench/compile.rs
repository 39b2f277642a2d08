//! The time from text to plan: for everyday sentences the best of many tries, in microseconds; for hostile ones of the
//! greatest length, drawn errors included, in milliseconds.

#[path = "../limits/hostile.rs"]
mod hostile;

use std::hint::black_box;
use std::time::Instant;

use flowlogs::query::clock::Clock;
use flowlogs::query::{Context, Named, compile};
use jiff::tz::TimeZone;

const SENTENCES: [&str; 4] = [
    "where reject and dst.port = 22 | count()",
    "top 10 src.addr by bytes",
    "vpc prod, sg \"web-*\" where reject and dst.port = 22 last 30m",
    "all where remote public and local.port in (443, 8000..8999) and not dst net (10.1.0.0/16, 10.2.0.0/16) last 1d \
     | sum(bytes) as total, count() as flows by bin(1h), action | sort total desc | limit 24",
];

/// The best time of `tries`, in seconds.
fn best_of(tries: usize, mut work: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..tries).map(time).fold(f64::MAX, f64::min)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let context = Context::new(Clock::system(TimeZone::UTC));
    for sentence in SENTENCES {
        compile(sentence, &context).map_err(|_| format!("`{sentence}` is wrong"))?;
        let best = best_of(1000, || drop(black_box(compile(black_box(sentence), &context))));
        println!("{:7.1} µs  {sentence}", best * 1e6);
    }
    let mut hostile: Vec<(f64, &str)> = hostile::sentences()
        .into_iter()
        .map(|hostile| {
            let context = Context {
                named: Named { filters: hostile.saved.into_iter().collect(), ..Named::default() },
                ..context.clone()
            };
            let best = best_of(3, || {
                if let Err(error) = compile(black_box(&hostile.text), &context) {
                    black_box(error.render("query", &hostile.text, false));
                }
            });
            (best, hostile.name)
        })
        .collect();
    hostile.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (best, name) in hostile {
        println!("{:7.1} ms  {name}", best * 1e3);
    }
    Ok(())
}
