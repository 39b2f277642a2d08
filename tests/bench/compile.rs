//! How long a sentence takes from text to plan: the best of many, in microseconds.

use std::hint::black_box;
use std::time::Instant;

use flowlogs::query::window::Clock;
use flowlogs::query::{Context, compile};
use jiff::tz::TimeZone;

const SENTENCES: [&str; 4] = [
    "where reject and dst.port = 22 | count()",
    "top 10 src.addr by bytes",
    "vpc prod, sg \"web-*\" where reject and dst.port = 22 last 30m",
    "all where remote public and local.port in (443, 8000..8999) and not dst net (10.1.0.0/16, 10.2.0.0/16) last 1d \
     | sum(bytes) as total, count() as flows by bin(1h), action | sort total desc | limit 24",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let context = Context::new(Clock::system(TimeZone::UTC));
    for sentence in SENTENCES {
        let mut best = f64::MAX;
        for _ in 0..1000 {
            let start = Instant::now();
            black_box(compile(black_box(sentence), &context).map_err(|_| format!("`{sentence}` is wrong"))?);
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{:7.1} µs  {sentence}", best * 1e6);
    }
    Ok(())
}
