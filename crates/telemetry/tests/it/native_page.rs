//! A metrics page with one native histogram, in the protobuf form that servers ask for: the text form has none.

pub const CONTENT_TYPE: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

/// Signed numbers that are small in either direction.
fn zigzag(field: u64, value: i64) -> Vec<u8> {
    number(
        field,
        (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned(),
    )
}

fn double(field: u64, value: f64) -> Vec<u8> {
    [varint(field << 3 | 1), value.to_le_bytes().to_vec()].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [
        varint(field << 3 | 2),
        varint(content.len() as u64),
        content.to_vec(),
    ]
    .concat()
}

/// `io.prometheus.client.MetricFamily` with buckets by index: the bucket `i` ends at `2^(i / 2^schema)`.
pub fn native_histogram(name: &str, schema: i64, buckets: &[(i64, u64)]) -> Vec<u8> {
    let total: u64 = buckets.iter().map(|(_, count)| count).sum();
    let mut histogram = [
        number(1, total),
        double(2, total as f64),
        zigzag(5, schema),
        double(6, 1e-9),
        number(7, 0),
    ]
    .concat();
    let mut next = 0;
    let mut before = 0_i64;
    let mut deltas = Vec::new();
    for (index, count) in buckets {
        let span = [zigzag(1, index - next), number(2, 1)].concat();
        histogram.extend(bytes(12, &span));
        next = index + 1;
        let count = i64::try_from(*count).unwrap();
        deltas.extend(zigzag(13, count - before));
        before = count;
    }
    histogram.extend(deltas);
    let metric = bytes(7, &histogram);
    let family = [bytes(1, name.as_bytes()), number(3, 4), bytes(4, &metric)].concat();
    [varint(family.len() as u64), family].concat()
}
