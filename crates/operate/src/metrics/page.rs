//! Writing numbers down.

use super::table::Metric;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use std::fmt;
use userstatus_gateway::CodeCounters;
use userstatus_meters::HistogramCount;

/// A histogram's numbers are microseconds where its metric is in seconds.
const PER_S: f64 = 1e6;

/// What is written.
pub(super) struct Page<'a>(DescriptorEncoder<'a>);

/// Series of one metric.
pub(super) struct Family<'a> {
    encoder: MetricEncoder<'a>,
    metric: &'static Metric,
}

/// Not told apart.
const NO_EXEMPLAR: Option<&prometheus_client::metrics::exemplar::Exemplar<NoLabelSet, f64>> = None;

impl<'a> Page<'a> {
    pub(super) const fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    pub(super) fn family(&mut self, metric: &'static Metric) -> Result<Family<'_>, fmt::Error> {
        let encoder = self.0.encode_descriptor(
            metric.base,
            metric.help,
            metric.unit.as_ref(),
            metric.kind,
        )?;
        Ok(Family { encoder, metric })
    }

    pub(super) fn info(&mut self, metric: &'static Metric, value: &str) -> fmt::Result {
        let mut family = self.family(metric)?;
        let labels = [(family.metric.labels[0], value)];
        family.encoder.encode_info(&labels)
    }

    pub(super) fn counter(&mut self, metric: &'static Metric, value: u64) -> fmt::Result {
        self.family(metric)?
            .encoder
            .encode_counter(&value, NO_EXEMPLAR)
    }

    pub(super) fn counter_of_seconds(
        &mut self,
        metric: &'static Metric,
        value: f64,
    ) -> fmt::Result {
        self.family(metric)?
            .encoder
            .encode_counter(&value, NO_EXEMPLAR)
    }

    pub(super) fn gauge(&mut self, metric: &'static Metric, value: u64) -> fmt::Result {
        self.family(metric)?.encoder.encode_gauge(&whole(value))
    }

    pub(super) fn gauge_of_seconds(&mut self, metric: &'static Metric, value: f64) -> fmt::Result {
        self.family(metric)?.encoder.encode_gauge(&value)
    }

    pub(super) fn histogram(
        &mut self,
        metric: &'static Metric,
        count: &HistogramCount,
    ) -> fmt::Result {
        self.family(metric)?.histogram([], count)
    }

    /// One series for each value of the metric's label.
    pub(super) fn counters<'l>(
        &mut self,
        metric: &'static Metric,
        counts: impl IntoIterator<Item = (&'l str, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(metric)?;
        for (value, count) in counts {
            family.counter([value], count)?;
        }
        Ok(())
    }

    /// One series for each value of the metric's label.
    pub(super) fn gauges<'l>(
        &mut self,
        metric: &'static Metric,
        counts: impl IntoIterator<Item = (&'l str, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(metric)?;
        for (value, count) in counts {
            let labels = family.labels([value]);
            let mut encoder = family.encoder.encode_family(&labels)?;
            encoder.encode_gauge(&whole(count))?;
        }
        Ok(())
    }

    /// One series for each code that there was.
    pub(super) fn codes(&mut self, metric: &'static Metric, codes: &CodeCounters) -> fmt::Result {
        let mut family = self.family(metric)?;
        for (code, count) in codes.each() {
            family.counter([code.number().to_string().as_str()], count)?;
        }
        Ok(())
    }
}

impl Family<'_> {
    pub(super) fn counter<const N: usize>(&mut self, values: [&str; N], count: u64) -> fmt::Result {
        let labels = self.labels(values);
        let mut encoder = self.encoder.encode_family(&labels)?;
        encoder.encode_counter(&count, NO_EXEMPLAR)
    }

    pub(super) fn histogram<const N: usize>(
        &mut self,
        values: [&str; N],
        count: &HistogramCount,
    ) -> fmt::Result {
        let scale = match self.metric.unit {
            Some(_) => PER_S,
            None => 1.0,
        };
        let within = count.buckets.iter();
        let buckets: Vec<_> = within
            .map(|(bound, count)| (*bound as f64 / scale, *count))
            .chain([(f64::INFINITY, count.above)])
            .collect();
        let (sum, total) = (count.sum as f64 / scale, count.total());
        let labels = self.labels(values);
        if N == 0 {
            return self
                .encoder
                .encode_histogram::<NoLabelSet>(sum, total, &buckets, None);
        }
        let mut encoder = self.encoder.encode_family(&labels)?;
        encoder.encode_histogram::<NoLabelSet>(sum, total, &buckets, None)
    }

    fn labels<'v, const N: usize>(&self, values: [&'v str; N]) -> [(&'static str, &'v str); N] {
        debug_assert_eq!(self.metric.labels.len(), N, "{}", self.metric.base);
        let mut names = self.metric.labels.iter();
        values.map(|value| (names.next().copied().unwrap_or_default(), value))
    }
}

/// No number of ours is larger.
fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
