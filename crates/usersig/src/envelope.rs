//! The outside of a sig: base64 of zlib of JSON, both ways, within bounds.

use crate::SigError;
use base64::alphabet::Alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use flate2::{Decompress, FlushDecompress, Status, write::ZlibEncoder};
use std::cell::RefCell;
use std::io::Write;

/// Longest sig that is looked at. What the public minters make is under 300 bytes; with a user buffer under 600.
pub const SIG_BYTES_MAX: usize = 2_048;

/// Longest JSON that is unpacked: no sig within [`SIG_BYTES_MAX`] needs more, and a zip bomb ends here.
pub(crate) const JSON_BYTES_MAX: usize = 4_096;

/// Base64 of [`SIG_BYTES_MAX`] holds at most this.
const PACKED_BYTES_MAX: usize = SIG_BYTES_MAX / 4 * 3;

const ALPHABET: Alphabet =
    match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-") {
        Ok(alphabet) => alphabet,
        Err(_) => panic!("64 different printable characters"),
    };

// Strict: one sig has one spelling, so one that was cut short is noticed even where only padding is lost.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

thread_local! {
    // Setting up the state of a decompressor costs more than a sig does.
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(true));
}

/// Unpacks a sig and hands its JSON to `read`.
pub(crate) fn open<T>(
    sig: &str,
    read: impl FnOnce(&[u8]) -> Result<T, SigError>,
) -> Result<T, SigError> {
    if sig.is_empty() {
        return Err(SigError::Empty);
    }
    if sig.len() > SIG_BYTES_MAX {
        return Err(SigError::Malformed("it is longer than 2,048 bytes"));
    }
    let mut packed = [0; PACKED_BYTES_MAX];
    let packed = decode_base64(sig, &mut packed)?;
    let mut json = [0; JSON_BYTES_MAX];
    let json = inflate(packed, &mut json)?;
    read(json)
}

/// Packs JSON as a sig.
pub(crate) fn seal(json: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = encoder
        .write_all(json)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail");
    BASE64.encode(packed).replace('=', "_")
}

fn decode_base64<'o>(sig: &str, out: &'o mut [u8; PACKED_BYTES_MAX]) -> Result<&'o [u8], SigError> {
    const NOT_BASE64: SigError =
        SigError::Malformed("it is not base64 with * - _ in place of + / =");
    let mut text = [0; SIG_BYTES_MAX];
    let text = &mut text[..sig.len()];
    text.copy_from_slice(sig.as_bytes());
    if text.contains(&b'=') {
        return Err(NOT_BASE64);
    }
    for byte in text.iter_mut().rev().take_while(|byte| **byte == b'_') {
        *byte = b'=';
    }
    let length = BASE64.decode_slice(text, out).map_err(|_| NOT_BASE64)?;
    Ok(&out[..length])
}

fn inflate<'o>(packed: &[u8], out: &'o mut [u8; JSON_BYTES_MAX]) -> Result<&'o [u8], SigError> {
    let length = INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(true);
        let status = inflate
            .decompress(packed, out, FlushDecompress::Finish)
            .map_err(|_| SigError::Malformed("it is not zlib data"))?;
        let has_all = inflate.total_in() == packed.len() as u64;
        match status {
            Status::StreamEnd if has_all => usize::try_from(inflate.total_out())
                .map_err(|_| SigError::Malformed("it unpacks to too much")),
            Status::StreamEnd => Err(SigError::Malformed("something follows its end")),
            Status::Ok | Status::BufError if has_all => {
                Err(SigError::Malformed("its end is missing"))
            }
            Status::Ok | Status::BufError => Err(SigError::Malformed("it unpacks to too much")),
        }
    })?;
    Ok(&out[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(sig: &str) -> Result<Vec<u8>, SigError> {
        open(sig, |json| Ok(json.to_vec()))
    }

    #[test]
    fn what_is_sealed_opens() {
        for length in [0, 1, 2, 3, 100, JSON_BYTES_MAX] {
            let json = vec![b'x'; length];
            assert_eq!(opened(&seal(&json)), Ok(json));
        }
    }

    #[test]
    fn a_zip_bomb_is_refused_at_4096_bytes() {
        for length in [JSON_BYTES_MAX + 1, 1_000_000] {
            let bomb = seal(&vec![b'x'; length]);
            assert!(
                bomb.len() <= SIG_BYTES_MAX,
                "it is small enough to be looked at"
            );
            assert_eq!(
                opened(&bomb),
                Err(SigError::Malformed("it unpacks to too much"))
            );
        }
    }

    #[test]
    fn more_than_2048_bytes_are_not_looked_at() {
        let too_long = Err(SigError::Malformed("it is longer than 2,048 bytes"));
        for length in [SIG_BYTES_MAX + 1, 300_000] {
            assert_eq!(opened(&"A".repeat(length)), too_long);
        }
        assert_ne!(opened(&"A".repeat(SIG_BYTES_MAX)), too_long);
    }

    #[test]
    fn there_is_one_spelling_of_base64() {
        let sig = seal(b"{}");
        let bare = sig.trim_end_matches('_');
        assert!(bare.len() < sig.len(), "this one has padding");
        for other in [
            bare.to_owned(),
            format!("{sig}_"),
            sig.replace('_', "="),
            format!(" {sig}"),
            format!("{sig}\n"),
            format!("{sig}{sig}"),
            format!("_{sig}"),
        ] {
            assert!(
                matches!(opened(&other), Err(SigError::Malformed(_))),
                "{other}"
            );
        }
        let with_both = (0..1_000u128)
            .map(|number| {
                seal(
                    &(number * number * 0x9e37_79b9_7f4a_7c15)
                        .to_be_bytes()
                        .repeat(2),
                )
            })
            .find(|sig| sig.contains('*') && sig.contains('-'))
            .expect("one in some ten has both");
        for (ours, theirs) in [('*', '+'), ('-', '/')] {
            let other = with_both.replace(ours, &theirs.to_string());
            assert!(
                matches!(opened(&other), Err(SigError::Malformed(_))),
                "{other}"
            );
        }
    }

    #[test]
    fn bits_that_base64_does_not_need_are_zero() {
        const CHARACTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-";
        let mut paddings = [0; 3];
        for length in 0..64u8 {
            let sig = seal(&(0..length).collect::<Vec<_>>());
            let bare = sig.trim_end_matches('_');
            let (all_but_last, padding) = (&bare[..bare.len() - 1], &sig[bare.len()..]);
            let last = CHARACTERS
                .iter()
                .position(|character| *character == bare.as_bytes()[bare.len() - 1])
                .expect("it is one of them");
            paddings[padding.len()] += 1;
            for low_bits in 1..1 << (2 * padding.len()) {
                let other = char::from(CHARACTERS[last | low_bits]);
                let other = format!("{all_but_last}{other}{padding}");
                assert!(
                    matches!(opened(&other), Err(SigError::Malformed(_))),
                    "{other} for {sig}"
                );
            }
        }
        assert!(paddings.iter().all(|seen| *seen > 0), "{paddings:?}");
    }

    #[test]
    fn bytes_after_the_end_are_refused_and_so_is_a_second_stream() {
        let mut packed = [0; PACKED_BYTES_MAX];
        let packed = decode_base64(&seal(b"{}"), &mut packed).unwrap();
        for more in [&b"\0"[..], b"\n", b"{}", packed] {
            let sig = BASE64.encode([packed, more].concat()).replace('=', "_");
            assert_eq!(
                opened(&sig),
                Err(SigError::Malformed("something follows its end"))
            );
        }
    }
}
