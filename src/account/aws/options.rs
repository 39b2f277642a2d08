//! Which account on AWS is meant, and how a person is told of what goes on.

/// What a person is told before the answer is there.
#[derive(Clone, Copy, Debug)]
pub enum News<'n> {
    /// What takes long, or is not quite as asked.
    Note(&'n str),
    /// What failed in one of several places; the others answer.
    Failed(&'n str),
}

/// Who is told.
pub type Tell = Box<dyn Fn(News<'_>) + Send + Sync>;

/// Which account, and how to reach a person.
#[derive(Default)]
pub struct Options {
    /// The profile; without one, what the SDK's default chain finds.
    pub profile: Option<String>,
    /// The Region; without one, the profile's or the environment's.
    pub region: Option<String>,
    /// Gets the news.
    pub tell: Option<Tell>,
    /// What scanning a gigabyte costs, in US dollars.
    pub usd_per_gb: f64,
}

impl Options {
    /// What scanning so many bytes costs, in US dollars.
    #[allow(clippy::cast_precision_loss, reason = "a price for people")]
    pub(super) fn cost_usd(&self, bytes: u64) -> f64 {
        bytes as f64 / 1e9 * self.usd_per_gb
    }
}
