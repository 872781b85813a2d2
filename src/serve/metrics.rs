//! Metrics in the `OpenMetrics` text format, for `/metrics`.

use std::sync::Arc;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// One label with its value.
type MetricLabel = [(&'static str, &'static str); 1];

/// The media type of [`Metrics::render`].
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The counters and gauges of one daemon. A clone counts into the same ones.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Counter,
    searches: Family<MetricLabel, Counter>,
    polls: Family<MetricLabel, Counter>,
    items: Family<MetricLabel, Counter>,
    sources: Family<MetricLabel, Gauge>,
    storing: Gauge,
    publishing: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tidings");
        let requests = Counter::default();
        registry.register("http_requests", "Requests of readers", requests.clone());
        let searches = Family::default();
        registry.register("searches", "Searches of readers", searches.clone());
        let polls = Family::default();
        registry.register(
            "polls",
            "Polls by the state they left the source in",
            polls.clone(),
        );
        let items = Family::default();
        registry.register("items", "Items that polls brought", items.clone());
        let sources = Family::default();
        registry.register("sources", "Sources by state", sources.clone());
        let (storing, publishing) = (Gauge::default(), Gauge::default());
        registry.register("storing", "0 while nothing can be stored", storing.clone());
        let help = "0 while nothing can be published";
        registry.register("publishing", help, publishing.clone());
        Self {
            registry: Arc::new(registry),
            requests,
            searches,
            polls,
            items,
            sources,
            storing,
            publishing,
        }
    }
}

impl Metrics {
    /// Counts a request of a reader.
    pub(super) fn count_request(&self) {
        self.requests.inc();
    }

    /// Counts a search of a reader by its outcome.
    pub(super) fn count_search(&self, outcome: &'static str) {
        self.searches.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Counts a poll by its outcome: the state that it left the source in, or that it was not stored.
    pub fn count_poll(&self, outcome: &'static str) {
        self.polls.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Counts items that polls brought, `new` or `updated`.
    pub fn count_items(&self, change: &'static str, items: usize) {
        let items = items.try_into().unwrap_or(u64::MAX);
        self.items
            .get_or_create(&[("change", change)])
            .inc_by(items);
    }

    /// Sets the number of sources in a state.
    pub fn set_sources(&self, state: &'static str, sources: u32) {
        let gauge = self.sources.get_or_create(&[("state", state)]);
        gauge.set(sources.into());
    }

    /// Sets whether polls can be stored.
    pub fn set_storing(&self, works: bool) {
        self.storing.set(works.into());
    }

    /// Sets whether feeds can be published.
    pub fn set_publishing(&self, works: bool) {
        self.publishing.set(works.into());
    }

    /// Returns all metrics as text.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry).expect("a string takes all text");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_gauges_are_named_as_the_manual_has_them() {
        let metrics = Metrics::default();
        metrics.count_request();
        metrics.count_search("found");
        metrics.count_poll("ok");
        metrics.count_poll("ok");
        metrics.count_items("new", 7);
        metrics.set_sources("failing", 2);
        metrics.set_storing(true);
        let text = metrics.clone().render();
        for line in [
            "tidings_http_requests_total 1",
            "tidings_searches_total{outcome=\"found\"} 1",
            "tidings_polls_total{outcome=\"ok\"} 2",
            "tidings_items_total{change=\"new\"} 7",
            "tidings_sources{state=\"failing\"} 2",
            "tidings_storing 1",
            "tidings_publishing 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
