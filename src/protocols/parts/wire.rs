//! Lengths of protobuf encodings, shared by the protocols that speak it.
//! Source: the protocol buffers encoding guide, protobuf.dev.

/// Length of a protobuf varint.
pub const fn varint(value: u64) -> u64 {
    if value == 0 { 1 } else { (70 - value.leading_zeros() as u64) / 7 }
}

/// A length-delimited field with a tag of one byte: tag, length, content.
pub const fn field(content: u64) -> u64 {
    1 + varint(content) + content
}

/// A whole message behind its length as a varint.
pub const fn frame(content: u64) -> u64 {
    varint(content) + content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_grow_by_a_byte_every_seven_bits() {
        for (value, bytes) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (1 << 21, 4), (1 << 28, 5)] {
            assert_eq!(varint(value), bytes, "{value}");
        }
    }

    #[test]
    fn a_field_is_tag_length_and_content() {
        assert_eq!((field(36), field(128), frame(127)), (38, 131, 128));
    }
}
