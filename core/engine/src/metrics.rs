//! What the engine has done, for those who watch it: the page that Prometheus reads, and the same as JSON.
//!
//! Nothing is kept for it but counters: a page is put together when it is asked for.

use everact_kernel::figures::{BUCKETS_US, Durations, Figures, HandlerFigures, KindFigures};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::sync::atomic::Ordering;

/// What `content-type` the page has.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A kind's name, what it holds, its handlers with their names.
type KindMoment = (String, KindFigures, Vec<(String, HandlerFigures)>);

/// The figures of one moment.
#[derive(Debug)]
struct Moment {
    kinds: Vec<KindMoment>, // bound: one call
    open_asks: u64,
    open_turns: u64,
    state_bytes: u64,
    passivations: u64,
    records: u64,
    record_bytes: u64,
    failed_commits: u64,
    commits: Durations,
    /// What stands in the store; `None` where it cannot be read.
    outbox_messages: Option<u64>,
    dead_letters: Option<u64>,
}

impl Engine {
    /// The page that Prometheus reads, in OpenMetrics' text form (`CONTENT_TYPE`). Looks at every activation and at every message in an outbox.
    pub fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("everact");
        registry.register_collector(Box::new(self.moment()));
        let mut page = String::new();
        // Writing into a text does not fail.
        let _ = encode(&mut page, &registry);
        page
    }

    /// Counts by kind and handler as JSON: `{"KIND": {"activations", "queued", "queued_max", "handlers": {"HANDLER":
    /// {"turns", "failed", "refused", "mean_us"}}}}`; `mean_us` is of the turns that were measured.
    pub fn kind_stats(&self) -> Value {
        let handler = |figures: &HandlerFigures| {
            let mean_us = figures.durations.sum_us.checked_div(figures.durations.count);
            json!({"turns": figures.turns, "failed": figures.failed, "refused": figures.refused, "mean_us": mean_us})
        };
        let kind = |(name, held, handlers): KindMoment| {
            let handlers: Map<String, Value> =
                handlers.iter().map(|(name, figures)| (name.clone(), handler(figures))).collect();
            let value = json!({
                "activations": held.activations, "queued": held.queued, "queued_max": held.queued_max, "handlers": handlers,
            });
            (name, value)
        };
        Value::Object(self.moment().kinds.into_iter().map(kind).collect())
    }

    fn moment(&self) -> Moment {
        let machine = self.machine();
        let mut figures = Figures::new(machine.kinds());
        let mut held = vec![KindFigures::default(); machine.kinds().iter().count()];
        for shard in machine.shards().iter() {
            let shard = shard.lock();
            figures.merge(shard.figures());
            for (sum, one) in held.iter_mut().zip(shard.count_by_kind()) {
                sum.activations += one.activations;
                sum.queued += one.queued;
                sum.queued_max = sum.queued_max.max(one.queued_max);
            }
        }
        let kinds = machine.kinds().iter().zip(held).map(|((id, kind), held)| {
            let names = kind.handlers.iter().map(|handler| handler.name.to_string());
            (kind.name.to_string(), held, names.zip(figures.of(id).iter().cloned()).collect())
        });
        let (stats, commits) = (self.stats(), machine.commits());
        Moment {
            kinds: kinds.collect(),
            open_asks: stats.open_asks as u64,
            open_turns: stats.open_turns as u64,
            state_bytes: stats.state_bytes as u64,
            passivations: stats.passivations,
            records: commits.records.load(Ordering::Relaxed),
            record_bytes: commits.bytes.load(Ordering::Relaxed),
            failed_commits: commits.failed.load(Ordering::Relaxed),
            commits: commits.durations.lock().clone(),
            outbox_messages: machine.store().decisions().outbox_count().ok(),
            dead_letters: machine.store().decisions().dead_count().ok(),
        }
    }
}

type Encoded = Result<(), std::fmt::Error>;

impl Collector for Moment {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Encoded {
        self.encode_kinds(&mut encoder)?;
        self.encode_handlers(&mut encoder)?;
        for (name, help, value) in [
            ("open_asks", "Asks without an answer", self.open_asks),
            ("open_turns", "Turns that a host runs", self.open_turns),
            ("state_bytes", "Encoded state of activations in memory", self.state_bytes),
        ] {
            gauge(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?, value)?;
        }
        for (name, help, value) in [
            ("outbox_messages", "Told messages that are stored and not yet handled", self.outbox_messages),
            ("dead_letters", "Messages that failed for good and wait for a decision", self.dead_letters),
        ] {
            if let Some(value) = value {
                gauge(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?, value)?;
            }
        }
        for (name, help, value) in [
            ("passivations", "Activations that left memory", self.passivations),
            ("commit_records", "Records made durable, one for each actor of a batch", self.records),
            ("commit_bytes", "State and messages made durable", self.record_bytes),
            ("commit_failures", "Batches that the store refused", self.failed_commits),
        ] {
            counter(encoder.encode_descriptor(name, help, None, MetricType::Counter)?, value)?;
        }
        let help = "How long the store took for a batch, its sync included";
        let (unit, sort) = (Some(&Unit::Seconds), MetricType::Histogram);
        histogram(encoder.encode_descriptor("commit_duration", help, unit, sort)?, &self.commits)
    }
}

impl Moment {
    fn encode_kinds(&self, encoder: &mut DescriptorEncoder<'_>) -> Encoded {
        type Value = fn(&KindFigures) -> u64;
        let gauges: [(&str, &str, Value); 3] = [
            ("activations", "Activations in memory", |held| held.activations),
            ("mailbox_messages", "Messages that wait in mailboxes", |held| held.queued),
            ("mailbox_messages_max", "Messages in the fullest mailbox", |held| held.queued_max),
        ];
        for (name, help, value) in gauges {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (kind, held, _) in &self.kinds {
                gauge(family.encode_family(&[("kind", kind.as_str())])?, value(held))?;
            }
        }
        Ok(())
    }

    fn encode_handlers(&self, encoder: &mut DescriptorEncoder<'_>) -> Encoded {
        type Value = fn(&HandlerFigures) -> u64;
        let counters: [(&str, &str, Value); 3] = [
            ("turns", "Turns completed", |figures| figures.turns),
            ("turn_failures", "Turns that failed", |figures| figures.failed),
            ("turn_refusals", "Turns that ended with an error of the application", |figures| figures.refused),
        ];
        for (name, help, value) in counters {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (labels, figures) in self.handlers() {
                counter(family.encode_family(&labels)?, value(figures))?;
            }
        }
        let help = "How long turns were open, of a sample of one in 16";
        let (unit, sort) = (Some(&Unit::Seconds), MetricType::Histogram);
        let mut family = encoder.encode_descriptor("turn_duration", help, unit, sort)?;
        for (labels, figures) in self.handlers() {
            histogram(family.encode_family(&labels)?, &figures.durations)?;
        }
        Ok(())
    }

    fn handlers(&self) -> impl Iterator<Item = ([(&str, &str); 2], &HandlerFigures)> {
        self.kinds.iter().flat_map(|(kind, _, handlers)| {
            let labels = |handler| [("kind", kind.as_str()), ("handler", handler)];
            handlers.iter().map(move |(handler, figures)| (labels(handler.as_str()), figures))
        })
    }
}

fn gauge(encoder: MetricEncoder<'_>, value: u64) -> Encoded {
    prometheus_client::metrics::gauge::ConstGauge::new(value).encode(encoder)
}

fn counter(encoder: MetricEncoder<'_>, value: u64) -> Encoded {
    prometheus_client::metrics::counter::ConstCounter::new(value).encode(encoder)
}

fn histogram(mut encoder: MetricEncoder<'_>, durations: &Durations) -> Encoded {
    const SECOND_US: f64 = 1e6;
    let within: u64 = durations.buckets.iter().sum();
    let bounds = BUCKETS_US.iter().map(|bound| *bound as f64 / SECOND_US);
    let mut buckets: Vec<(f64, u64)> = bounds.zip(durations.buckets).collect();
    buckets.push((f64::INFINITY, durations.count - within));
    encoder.encode_histogram::<NoLabelSet>(
        durations.sum_us as f64 / SECOND_US,
        durations.count,
        &buckets,
        None,
    )
}
