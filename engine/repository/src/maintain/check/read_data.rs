//! How much of the data a check reads.

use std::str::FromStr;

use hashbrown::HashSet;
use rempart_model::PackId;

use super::verified::VerifiedPacks;

/// The packs to read.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ReadData {
    #[default]
    None,
    All,
    /// The n-th of t parts (1-based): a pack belongs to a part by the first byte of its id, as in restic.
    Part {
        part: u8,
        parts: u8,
    },
    /// So much of all bytes, in hundredths of a percent; what was verified longest ago comes first.
    BasisPoints(u16),
    /// So many bytes, rounded up to whole packs; what was verified longest ago comes first.
    Bytes(u64),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no part of the data: write a fraction (1/7), a percentage (5%, 0.5%) or a size (500M, 2G)")]
pub struct ParseReadDataError {
    pub text: String,
}

impl FromStr for ReadData {
    type Err = ParseReadDataError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = if let Some((part, parts)) = text.split_once('/') {
            match (part.parse(), parts.parse()) {
                (Ok(part), Ok(parts)) if 1 <= part && part <= parts => Some(Self::Part { part, parts }),
                _ => None,
            }
        } else if let Some(percent) = text.strip_suffix('%') {
            let percent: Option<f64> = percent.parse().ok();
            percent.filter(|percent| *percent > 0.0 && *percent <= 100.0).map(|percent| {
                // At least one hundredth of a percent: who asks for a little gets a little.
                Self::BasisPoints(((percent * 100.0).round() as u16).max(1))
            })
        } else {
            parse_bytes(text).filter(|&bytes| bytes > 0).map(Self::Bytes)
        };
        parsed.ok_or_else(|| ParseReadDataError { text: text.to_owned() })
    }
}

/// `500`, `500K`, `2G`: bytes with a binary unit.
pub(in crate::maintain) fn parse_bytes(text: &str) -> Option<u64> {
    let (digits, shift) = match text.char_indices().next_back()? {
        (at, unit) if !unit.is_ascii_digit() => {
            let shift = "kmgt".find(unit.to_ascii_lowercase())? as u32 * 10 + 10;
            (&text[..at], shift)
        }
        _ => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

impl ReadData {
    /// Which of the packs (id, length) are to be read.
    pub(super) fn choose(self, packs: &[(PackId, u64)], verified: &VerifiedPacks) -> HashSet<PackId> {
        let total_bytes: u64 = packs.iter().map(|(_, bytes)| bytes).sum();
        match self {
            Self::None => HashSet::new(),
            Self::All => packs.iter().map(|(id, _)| *id).collect(),
            Self::Part { part, parts } => {
                let belongs = |id: &PackId| id.as_bytes()[0] % parts == part - 1;
                packs.iter().map(|(id, _)| *id).filter(belongs).collect()
            }
            Self::BasisPoints(points) => {
                let wanted = u128::from(total_bytes) * u128::from(points) / 10_000;
                oldest_first(packs, verified, u64::try_from(wanted).unwrap_or(u64::MAX).max(1))
            }
            Self::Bytes(bytes) => oldest_first(packs, verified, bytes),
        }
    }
}

fn oldest_first(packs: &[(PackId, u64)], verified: &VerifiedPacks, wanted_bytes: u64) -> HashSet<PackId> {
    let mut ordered: Vec<_> = packs.iter().map(|&(id, bytes)| (verified.when(&id), id, bytes)).collect();
    ordered.sort_unstable(); // never verified (None) first; equal times in the order of ids, which are random
    let mut chosen_bytes = 0;
    let still_wanted = |&(_, _, bytes): &(_, PackId, u64)| {
        let wanted = chosen_bytes < wanted_bytes;
        chosen_bytes += bytes;
        wanted
    };
    ordered.into_iter().take_while(still_wanted).map(|(_, id, _)| id).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn parts_are_read_as_they_are_written() {
        for (text, expected) in [
            ("1/7", ReadData::Part { part: 1, parts: 7 }),
            ("5%", ReadData::BasisPoints(500)),
            ("0.001%", ReadData::BasisPoints(1)),
            ("2G", ReadData::Bytes(2 << 30)),
            ("500k", ReadData::Bytes(500 << 10)),
            ("7", ReadData::Bytes(7)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in
            ["", "0", "0/7", "8/7", "1/0", "1/256", "0%", "101%", "NaN%", "-1", "5X", "2GB", "99999999999T", "é"]
        {
            assert!(text.parse::<ReadData>().is_err(), "{text:?} was taken for a part of the data");
        }
    }

    fn pack(first: u8) -> PackId {
        let mut id = [0; 32];
        id[0] = first;
        PackId::new(id)
    }

    #[test]
    fn every_pack_belongs_to_just_one_part() {
        let packs: Vec<_> = (0..=255).map(|n| (pack(n), 1)).collect();
        let verified = VerifiedPacks::default();
        let mut seen = HashSet::new();
        for part in 1..=7 {
            let chosen = ReadData::Part { part, parts: 7 }.choose(&packs, &verified);
            assert!(chosen.iter().all(|id| seen.insert(*id)), "part {part} overlaps another");
        }
        assert_eq!(seen.len(), packs.len());
    }

    #[test]
    fn what_was_verified_longest_ago_is_read_first_and_the_whole_comes_round() {
        let packs: Vec<_> = (0..10).map(|n| (pack(n), 100)).collect();
        let mut verified = VerifiedPacks::default();
        let mut seen = HashSet::new();
        for (day, times_round) in (1..=10).zip([1; 10]) {
            let chosen = ReadData::BasisPoints(1000).choose(&packs, &verified);
            assert_eq!(chosen.len(), times_round, "a tenth of ten packs");
            assert!(chosen.iter().all(|id| seen.insert(*id)), "day {day} reads a pack again too early");
            let chosen: Vec<_> = chosen.into_iter().collect();
            verified.record(&chosen, Timestamp::from_second(day * 86_400).unwrap());
        }
        assert_eq!(seen.len(), packs.len());
    }
}
