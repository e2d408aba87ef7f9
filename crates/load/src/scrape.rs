//! What monitoring costs: `GET /metrics` of the server under load.

use crate::error::LoadError;
use crate::server::Admin;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Scrapes of a measurement, one after the other on one connection: a day has 5,760 of them, each minute four.
pub(crate) const SCRAPES: u32 = 200;

/// What they took.
pub(crate) struct Scraped {
    /// Shortest first.
    pub(crate) took: Vec<Duration>,
    /// The length of the last page.
    pub(crate) page_bytes: usize,
}

impl Scraped {
    /// A quantile.
    pub(crate) fn ms(&self, share: f64) -> Option<f64> {
        let place = (self.took.len() as f64 * share) as usize;
        let took = self.took.get(place.min(self.took.len().checked_sub(1)?))?;
        Some(took.as_secs_f64() * 1e3)
    }
}

pub(crate) async fn scrape(admin: &Admin) -> Result<Scraped, LoadError> {
    scrape_all(admin).await.map_err(LoadError::Scrape)
}

async fn scrape_all(admin: &Admin) -> io::Result<Scraped> {
    let stream = TcpStream::connect(&admin.address).await?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        admin.address, admin.token
    );
    let mut scraped = Scraped {
        took: Vec::new(),
        page_bytes: 0,
    };
    let mut page = Vec::new();
    for _ in 0..SCRAPES {
        let begin = Instant::now();
        stream.get_mut().write_all(request.as_bytes()).await?;
        let length = head(&mut stream).await?;
        page.resize(length, 0);
        stream.read_exact(&mut page).await?;
        scraped.took.push(begin.elapsed());
    }
    scraped.page_bytes = page.len();
    scraped.took.sort_unstable();
    Ok(scraped)
}

/// Reads the head of an answer; says how long its body is.
async fn head(stream: &mut BufReader<TcpStream>) -> io::Result<usize> {
    let mut line = String::new();
    let mut length = None;
    stream.read_line(&mut line).await?;
    if !line.starts_with("HTTP/1.1 200 ") {
        return Err(io::Error::other(line));
    }
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        if line.trim_end().is_empty() {
            return length.ok_or_else(|| io::Error::other("it does not say how long it is"));
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
}
