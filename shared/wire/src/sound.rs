//! How long a sound lasts, by the head of its file: for a price by the second, before anybody has
//! heard it.

/// The length of a sound, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// At most.
    pub most: u64,
    /// Likely.
    pub likely: u64,
    /// The file itself says it.
    pub told: bool,
}

/// Bytes to a millisecond of the leanest speech (8 kbit/s) and of a usual file (128 kbit/s).
const LEAN: u64 = 1;
const USUAL: u64 = 16;

/// Reads the length from WAV, FLAC, Ogg (Opus, Vorbis) and MP4 files; bounds it by the size of others.
#[must_use]
pub fn length(file: &[u8]) -> Length {
    let told = wav(file).or_else(|| flac(file)).or_else(|| ogg(file)).or_else(|| mp4(file));
    match told {
        Some(millis) => Length { most: millis, likely: millis, told: true },
        None => {
            let bytes = u64::try_from(file.len()).unwrap_or(u64::MAX);
            Length { most: bytes.div_ceil(LEAN), likely: bytes.div_ceil(USUAL), told: false }
        }
    }
}

/// RIFF WAVE: the data's size over the bytes a second. A size that a stream left open is the file's.
fn wav(file: &[u8]) -> Option<u64> {
    if !file.starts_with(b"RIFF") || file.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut at = 12_usize;
    let mut rate = None;
    loop {
        let name = file.get(at..at.checked_add(4)?)?;
        let size = u64::from(little(file, at.checked_add(4)?)?);
        let content = at.checked_add(8)?;
        if name == b"fmt " {
            rate = Some(u64::from(little(file, content.checked_add(8)?)?)).filter(|rate| *rate > 0);
        } else if name == b"data" {
            let rest = u64::try_from(file.len().saturating_sub(content)).ok()?;
            return Some(size.min(rest).saturating_mul(1000).div_ceil(rate?));
        }
        let size = usize::try_from(size).ok()?;
        at = content.checked_add(size)?.checked_add(size % 2)?;
    }
}

/// FLAC: the samples that STREAMINFO counts (RFC 9639, 8.2).
fn flac(file: &[u8]) -> Option<u64> {
    if !file.starts_with(b"fLaC") {
        return None;
    }
    let packed = file.get(18..26)?.try_into().ok().map(u64::from_be_bytes)?;
    let (rate, samples) = (packed >> 44, packed & 0xf_ffff_ffff);
    if rate == 0 || samples == 0 {
        return None;
    }
    Some(samples.saturating_mul(1000).div_ceil(rate))
}

/// Ogg: the last page's position (RFC 3533, 6), in samples of 48 kHz (Opus) or of Vorbis's rate.
fn ogg(file: &[u8]) -> Option<u64> {
    if !file.starts_with(b"OggS") {
        return None;
    }
    let head = file.get(..256.min(file.len()))?;
    let rate = if memchr::memmem::find(head, b"OpusHead").is_some() {
        48_000
    } else {
        let at = memchr::memmem::find(head, b"\x01vorbis")?;
        u64::from(little(file, at.checked_add(12)?)?)
    };
    let last = memchr::memmem::rfind(file, b"OggS")?;
    let position = file.get(last.checked_add(6)?..last.checked_add(14)?)?.try_into().ok();
    let position = position.map(u64::from_le_bytes)?;
    // All ones: no packet ends on this page.
    if rate == 0 || position == u64::MAX {
        return None;
    }
    Some(position.saturating_mul(1000).div_ceil(rate))
}

/// MP4: duration over time scale in `mvhd` (ISO/IEC 14496-12, 8.2.2).
fn mp4(file: &[u8]) -> Option<u64> {
    if file.get(4..8)? != b"ftyp" {
        return None;
    }
    let at = memchr::memmem::find(file, b"mvhd")?.checked_add(4)?;
    let long = *file.get(at)? == 1;
    let (scale, duration) = if long {
        let scale = big(file, at.checked_add(20)?)?;
        let duration = file.get(at.checked_add(24)?..at.checked_add(32)?)?.try_into().ok();
        (scale, duration.map(u64::from_be_bytes)?)
    } else {
        let duration = big(file, at.checked_add(16)?)?;
        (big(file, at.checked_add(12)?)?, u64::from(duration))
    };
    if scale == 0 || duration == 0 || duration >= u64::from(u32::MAX) {
        return None;
    }
    Some(duration.saturating_mul(1000).div_ceil(u64::from(scale)))
}

fn little(file: &[u8], at: usize) -> Option<u32> {
    file.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn big(file: &[u8], at: usize) -> Option<u32> {
    file.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A WAV of so many bytes at 16,000 bytes a second.
    fn wave(data: usize, claimed: u32) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0\x01\0".to_vec();
        file.extend(8000_u32.to_le_bytes());
        file.extend(16_000_u32.to_le_bytes());
        file.extend(*b"\x02\0\x10\0data");
        file.extend(claimed.to_le_bytes());
        file.extend(vec![0; data]);
        file
    }

    #[test]
    fn reads_what_files_say() {
        assert_eq!(length(&wave(24_000, 24_000)).most, 1500);
        assert_eq!(length(&wave(24_000, u32::MAX)).most, 1500);
        let mut flac = b"fLaC\0\0\0\x22".to_vec();
        flac.extend([0; 10]);
        flac.extend(((44_100_u64 << 44) | (1 << 41) | (15 << 36) | 88_200).to_be_bytes());
        assert_eq!(length(&flac).most, 2000);
        let mut opus = b"OggS\0\x02".to_vec();
        opus.extend([0; 8]);
        opus.extend(*b"rest OpusHead rest OggS\0\x04");
        opus.extend(96_000_u64.to_le_bytes());
        assert_eq!(length(&opus).most, 2000);
        let mut mp4 = b"\0\0\0\x10ftypM4A moovmvhd\0\0\0\0ccccmmmm".to_vec();
        mp4.extend(1000_u32.to_be_bytes());
        mp4.extend(2500_u32.to_be_bytes());
        let length = length(&mp4);
        assert_eq!((length.most, length.likely, length.told), (2500, 2500, true));
    }

    #[test]
    fn bounds_what_says_nothing() {
        let other = length(&[0xff, 0xfb].repeat(8000));
        assert_eq!((other.most, other.likely, other.told), (16_000, 1000, false));
        assert_eq!(length(b"").most, 0);
    }

    #[test]
    fn a_file_cut_anywhere_is_bounded() {
        for file in [wave(8, 8), b"fLaC\0\0\0\x22".to_vec(), b"OggS\0\x02OpusHead".to_vec()] {
            for end in 0..file.len() {
                assert!(length(&file[..end]).most <= 1000 + file.len() as u64);
            }
        }
    }
}
