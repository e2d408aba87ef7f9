//! A page of metrics, read.

use std::time::Instant;

/// What a server told at one moment.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) at: Instant,
    samples: Vec<Sample>,
}

#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

/// A histogram's buckets: upper bounds, and how many were at most that.
pub(super) type Buckets = Vec<(f64, f64)>;

impl Reading {
    /// None: it is no page of ours.
    pub(super) fn of(page: &str) -> Option<Self> {
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        let samples: Option<Vec<_>> = lines.map(Sample::of).collect();
        let reading = Self {
            at: Instant::now(),
            samples: samples?,
        };
        let is_ours = reading.label("userstatus_build_info", "version").is_some();
        is_ours.then_some(reading)
    }

    /// All series of a metric added up; 0 if there is none.
    pub(super) fn sum(&self, name: &str) -> f64 {
        self.series(name).map(|sample| sample.value).sum()
    }

    /// What the first series of a metric is told apart by.
    pub(super) fn label(&self, name: &str, label: &str) -> Option<&str> {
        self.series(name).next()?.label(label)
    }

    /// Each series of a metric by one of its labels.
    pub(super) fn by(&self, name: &str, label: &str) -> Vec<(&str, f64)> {
        self.series(name)
            .filter_map(|sample| Some((sample.label(label)?, sample.value)))
            .collect()
    }

    /// The value of a label whose series is 1.
    pub(super) fn state(&self, name: &str, label: &str) -> Option<&str> {
        let mut states = self.by(name, label).into_iter();
        states
            .find(|(_, value)| *value == 1.0)
            .map(|(state, _)| state)
    }

    /// Of a histogram with one series.
    pub(super) fn buckets(&self, name: &str) -> Buckets {
        let name = format!("{name}_bucket");
        self.series(&name)
            .filter_map(|sample| Some((sample.label("le")?.parse().ok()?, sample.value)))
            .collect()
    }

    fn series(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.name == name)
    }
}

impl Sample {
    fn of(line: &str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let value = value.parse().ok()?;
        let (name, mut rest) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}')?),
            None => (series, ""),
        };
        let mut labels = Vec::new();
        while !rest.is_empty() {
            let (label, after) = rest.split_once("=\"")?;
            let (value, after) = quoted(after)?;
            labels.push((label.to_owned(), value));
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        Some(Self {
            name: name.to_owned(),
            labels,
            value,
        })
    }

    fn label(&self, name: &str) -> Option<&str> {
        let mut labels = self.labels.iter();
        let (_, value) = labels.find(|(label, _)| label == name)?;
        Some(value)
    }
}

/// What stands before the quote that ends it, and what stands behind that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[place + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

/// Below which value a share of what was counted between two readings lies; none: nothing was. Within a bucket it is taken to be spread
/// evenly.
pub(super) fn quantile(share: f64, before: &Buckets, now: &Buckets) -> Option<f64> {
    let counted: Vec<_> = now
        .iter()
        .enumerate()
        .map(|(place, (bound, count))| {
            let before = before.get(place).map_or(0.0, |(_, count)| *count);
            // A server that was started anew counts from 0.
            (
                *bound,
                if before > *count {
                    *count
                } else {
                    count - before
                },
            )
        })
        .collect();
    let total = counted.last()?.1;
    if total <= 0.0 {
        return None;
    }
    let wanted = share * total;
    let place = counted.iter().position(|(_, count)| *count >= wanted)?;
    let (bound, count) = counted[place];
    let (below, before) = match place {
        0 => (0.0, 0.0),
        place => counted[place - 1],
    };
    if bound.is_infinite() {
        return Some(below);
    }
    if count <= before {
        return Some(bound);
    }
    Some(below + (bound - below) * (wanted - before) / (count - before))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# TYPE userstatus_build info\nuserstatus_build_info{version=\"0.1.0\"} 1\n\
        userstatus_connections{kind=\"tcp\"} 3\nuserstatus_connections{kind=\"a \\\"b\\\", c\"} 4.5\n\
        x_total{a=\"1\",b=\"{2}\"} 7\n# EOF\n";

    #[test]
    fn a_page_is_read_with_its_labels() {
        let reading = Reading::of(PAGE).unwrap();
        assert_eq!(reading.sum("userstatus_connections"), 7.5);
        assert_eq!(
            reading.by("userstatus_connections", "kind"),
            [("tcp", 3.0), ("a \"b\", c", 4.5)]
        );
        assert_eq!(reading.label("x_total", "b"), Some("{2}"));
        assert_eq!(reading.sum("nothing"), 0.0);
    }

    #[test]
    fn what_is_no_page_of_ours_is_told_from_one() {
        for page in [
            "",
            "<html>",
            "x 1\n",
            "userstatus_build_info{version=\"1} 1\n",
        ] {
            assert!(Reading::of(page).is_none(), "{page}");
        }
    }

    #[test]
    fn a_quantile_is_of_what_came_between_two_readings() {
        let buckets = |counts: [f64; 3]| {
            vec![
                (1.0, counts[0]),
                (2.0, counts[1]),
                (f64::INFINITY, counts[2]),
            ]
        };
        let before = buckets([100.0, 100.0, 100.0]);
        let now = buckets([100.0, 150.0, 200.0]);
        assert_eq!(quantile(0.25, &before, &now), Some(1.5));
        assert_eq!(quantile(0.5, &before, &now), Some(2.0));
        assert_eq!(quantile(0.99, &before, &now), Some(2.0), "above all bounds");
        assert_eq!(quantile(0.99, &now, &now), None);
        // Started anew.
        assert_eq!(quantile(0.5, &now, &buckets([10.0, 10.0, 10.0])), Some(0.5));
    }
}
