internal import Glibc

/// Where a byte first stands at or after a position, found by the C library's `memchr`.
func position(
  of byte: UInt8,
  in bytes: UnsafeMutableBufferPointer<UInt8>,
  from start: Int = 0
) -> Int? {
  guard start < bytes.count, let base = bytes.baseAddress,
    let found = memchr(base + start, Int32(byte), bytes.count - start)
  else { return nil }
  return UnsafeRawPointer(found) - UnsafeRawPointer(base)
}
