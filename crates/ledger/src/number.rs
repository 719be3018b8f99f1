//! Numbers with a point, exactly: every one comes back with the same bits.
//!
//! Numbers that people chose (0.005, 2.5) are short in decimal, edges of native histograms are short as `2^(i / 2^scale)`, and all
//! others are written as they are, in 64 bits.

use crate::bits::{BitReader, BitWriter, DecodeError};

/// Most decimal digits worth trying: with more, the 64 bits are shorter.
const MOST_DIGITS: usize = 12;

/// Finest grid of native histograms: Prometheus goes to schema 8, OpenTelemetry to scale 20; finer than 8 is not seen in practice.
const FINEST_SCALE: u32 = 8;

/// A number as a sign, decimal digits and an exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    mantissa: u64,
    exponent: i32,
}

impl Decimal {
    /// The shortest decimal that reads back as the same bits, if it is short.
    fn of(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = format!("{:e}", value.abs());
        let (digits, exponent) = text.split_once('e')?;
        if digits.len() > MOST_DIGITS + 1 {
            return None;
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let decimal = Self {
            negative: value.is_sign_negative(),
            mantissa: format!("{whole}{fraction}").parse().ok()?,
            exponent: exponent.parse::<i32>().ok()? - i32::try_from(fraction.len()).ok()?,
        };
        (decimal.value()?.to_bits() == value.to_bits()).then_some(decimal)
    }

    /// The number; parsing rounds correctly on every platform.
    fn value(self) -> Option<f64> {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", self.mantissa, self.exponent)
            .parse()
            .ok()
    }
}

/// Writes one number.
pub(crate) fn put(out: &mut BitWriter, value: f64) {
    if let Some(decimal) = Decimal::of(value) {
        out.flag(true);
        out.flag(decimal.negative);
        out.signed(decimal.exponent.into());
        out.number(decimal.mantissa);
    } else {
        out.flag(false);
        out.bits(value.to_bits(), 64);
    }
}

/// Reads one number.
pub(crate) fn take(from: &mut BitReader<'_>) -> Result<f64, DecodeError> {
    if !from.flag()? {
        return Ok(f64::from_bits(from.bits(64)?));
    }
    let negative = from.flag()?;
    let exponent = exponent(from.signed()?)?;
    decimal(negative, from.number()?, exponent)
}

fn exponent(read: i64) -> Result<i32, DecodeError> {
    i32::try_from(read).map_err(|_| DecodeError::Invalid("an exponent"))
}

fn decimal(negative: bool, mantissa: u64, exponent: i32) -> Result<f64, DecodeError> {
    Decimal {
        negative,
        mantissa,
        exponent,
    }
    .value()
    .ok_or(DecodeError::Invalid("a decimal number"))
}

/// Edge `index` of the exponential grid with this scale.
fn on_grid(scale: u32, index: i64) -> f64 {
    libm::exp2(index as f64 / f64::from(1_u32 << scale))
}

/// Index on the grid, with the distance in last places of the mantissa: sources compute their edges each in their own way.
fn grid_index(scale: u32, value: f64) -> Option<(i64, i64)> {
    // Repeated multiplication drifts by less; a number that is farther away is another number, not another rounding.
    const MOST_ULPS: i64 = 1 << 10;
    if !value.is_normal() || value.is_sign_negative() {
        return None;
    }
    let index = libm::round(libm::log2(value) * f64::from(1_u32 << scale)) as i64;
    let ulps = value
        .to_bits()
        .cast_signed()
        .wrapping_sub(on_grid(scale, index).to_bits().cast_signed());
    (ulps.abs() <= MOST_ULPS).then_some((index, ulps))
}

/// The coarsest grid that holds all these edges but a last infinite one.
fn grid_of(edges: &[f64]) -> Option<u32> {
    (0..=FINEST_SCALE).find(|scale| edges.iter().all(|edge| grid_index(*scale, *edge).is_some()))
}

/// Writes ascending edges of buckets.
pub(crate) fn put_edges(out: &mut BitWriter, edges: &[f64]) {
    out.number(edges.len() as u64);
    let infinite = edges.last() == Some(&f64::INFINITY);
    let finite = &edges[..edges.len() - usize::from(infinite)];
    if !edges.is_empty() {
        out.flag(infinite);
    }
    if finite.is_empty() {
        return;
    }
    // Powers of two are on the grid too, but a classic histogram is recognised by its other edges.
    if let Some(scale) = grid_of(finite) {
        out.flag(true);
        out.number(scale.into());
        let mut before = 0;
        for (at, edge) in finite.iter().enumerate() {
            let (index, ulps) = grid_index(scale, *edge).unwrap_or((0, 0));
            // Neighbours differ by one, which is written as zero.
            let step = index.wrapping_sub(before) - i64::from(at > 0);
            out.signed(step);
            out.signed(ulps);
            before = index;
        }
        return;
    }
    out.flag(false);
    let mut before = FIRST_EXPONENT;
    for edge in finite {
        match Decimal::of(*edge) {
            Some(decimal) if !decimal.negative => {
                out.flag(true);
                out.signed((decimal.exponent - before).into());
                out.number(decimal.mantissa);
                before = decimal.exponent;
            }
            _ => {
                out.flag(false);
                put(out, *edge);
            }
        }
    }
}

/// The first edges of most latency histograms are thousandths.
const FIRST_EXPONENT: i32 = -3;

/// Reads ascending edges of buckets.
pub(crate) fn take_edges(from: &mut BitReader<'_>) -> Result<Vec<f64>, DecodeError> {
    let count = usize::try_from(from.number()?).map_err(|_| DecodeError::Short)?;
    // An edge takes at least a bit.
    if count > from.bits_left() {
        return Err(DecodeError::Short);
    }
    let mut edges = Vec::with_capacity(count);
    let infinite = count > 0 && from.flag()?;
    let finite = count - usize::from(infinite);
    if finite > 0 && from.flag()? {
        let scale = u32::try_from(from.number()?)
            .ok()
            .filter(|scale| *scale <= FINEST_SCALE)
            .ok_or(DecodeError::Invalid("a grid"))?;
        let mut before = 0_i64;
        for at in 0..finite {
            let index = before
                .wrapping_add(from.signed()?)
                .wrapping_add(i64::from(at > 0));
            let bits = on_grid(scale, index).to_bits().cast_signed();
            let edge = bits.wrapping_add(from.signed()?);
            edges.push(f64::from_bits(edge.cast_unsigned()));
            before = index;
        }
    } else {
        let mut before = FIRST_EXPONENT;
        for _ in 0..finite {
            if from.flag()? {
                before = exponent(i64::from(before).saturating_add(from.signed()?))?;
                edges.push(decimal(false, from.number()?, before)?);
            } else {
                edges.push(take(from)?);
            }
        }
    }
    if infinite {
        edges.push(f64::INFINITY);
    }
    Ok(edges)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edges_bytes(edges: &[f64]) -> Vec<u8> {
        let mut out = BitWriter::default();
        put_edges(&mut out, edges);
        out.finish()
    }

    fn edges_back(bytes: &[u8]) -> Vec<u64> {
        let mut from = BitReader::new(bytes);
        let edges = take_edges(&mut from).unwrap();
        from.end().unwrap();
        edges.iter().map(|edge| edge.to_bits()).collect()
    }

    fn bits(edges: &[f64]) -> Vec<u64> {
        edges.iter().map(|edge| edge.to_bits()).collect()
    }

    #[test]
    fn edges_of_classic_histograms_are_short() {
        let edges = [
            0.005,
            0.01,
            0.025,
            0.05,
            0.075,
            0.1,
            0.25,
            0.5,
            0.75,
            1.0,
            2.5,
            5.0,
            7.5,
            10.0,
            f64::INFINITY,
        ];
        let bytes = edges_bytes(&edges);
        assert!(bytes.len() <= 24, "{} bytes", bytes.len());
        assert_eq!(edges_back(&bytes), bits(&edges));
    }

    #[test]
    fn edges_of_native_histograms_are_a_few_bits_however_they_were_computed() {
        for scale in 0..=8_i32 {
            let base = 2_f64.powf(2_f64.powi(-scale));
            let ways: [(&dyn Fn(i32) -> f64, usize); 3] = [
                (&|i| 2_f64.powf(f64::from(i) * 2_f64.powi(-scale)), 40),
                (&|i| (f64::from(i) * 2_f64.powi(-scale)).exp2(), 40),
                (&|i| base.powi(i), 80),
            ];
            for (way, most) in ways {
                let edges: Vec<f64> = (-40..0).map(way).collect();
                let bytes = edges_bytes(&edges);
                assert!(
                    bytes.len() <= most,
                    "{} bytes at scale {scale}",
                    bytes.len()
                );
                assert_eq!(edges_back(&bytes), bits(&edges));
            }
        }
    }

    #[test]
    fn numbers_that_people_choose_are_short() {
        for (value, most) in [(0.0, 4), (0.005, 12), (99.9, 24), (-1e9, 24)] {
            let mut out = BitWriter::default();
            put(&mut out, value);
            assert!(out.finish().len() * 8 <= most + 7, "{value}");
        }
    }

    fn any_number() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            (any::<i32>(), -6..6_i32).prop_map(|(m, e)| f64::from(m) * 10_f64.powi(e)),
            (any::<i16>(), 0..9_u32).prop_map(|(i, s)| on_grid(s, i.into())),
            prop::sample::select(vec![
                0.0,
                -0.0,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NAN,
                f64::MIN_POSITIVE,
                f64::from_bits(1),
                f64::MAX,
                0.1 + 0.2,
            ]),
        ]
    }

    proptest! {
        #[test]
        fn every_number_comes_back_with_its_bits(value in any_number()) {
            let mut out = BitWriter::default();
            put(&mut out, value);
            let bytes = out.finish();
            let mut from = BitReader::new(&bytes);
            prop_assert_eq!(take(&mut from).unwrap().to_bits(), value.to_bits());
            prop_assert_eq!(from.end(), Ok(()));
        }

        #[test]
        fn any_edges_come_back_with_their_bits(
            edges in prop::collection::vec(any_number(), 0..20),
            scale in 0..9_u32,
            from in -3000..3000_i64,
            native in any::<bool>(),
        ) {
            let edges = if native {
                (0..edges.len() as i64).map(|i| on_grid(scale, from + i * i)).collect()
            } else {
                edges
            };
            prop_assert_eq!(edges_back(&edges_bytes(&edges)), bits(&edges));
        }

        #[test]
        fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = take_edges(&mut BitReader::new(&bytes));
            let _ = take(&mut BitReader::new(&bytes));
        }
    }
}
