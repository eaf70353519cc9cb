/// How wide the provisional token numbers in a spool are: 16 bits as long as that was enough for every
/// token met, 32 bits for all samples after that.
///
/// Characters and bytes stay with 16 bits; words are many, and most of them too rare to be kept.
struct TokenWidths: Sendable {
  /// Samples from this place of the spool on have the wide numbers.
  private var wideStart = Int.max

  /// Takes `slot` and all that are spooled after it for those with wide numbers.
  mutating func widen(from slot: SampleSpool.Slot) { wideStart = min(wideStart, slot.offset) }

  /// Whether a sample has numbers of 32 bits.
  func isWide(_ slot: SampleSpool.Slot) -> Bool { slot.offset >= wideStart }

  /// How many numbers a sample has.
  func count(of slot: SampleSpool.Slot) -> Int { slot.byteCount / (isWide(slot) ? 4 : 2) }

  /// Calls `body` with each number of a sample, whose spooled bytes are `bytes`.
  func forEachNumber(
    of slot: SampleSpool.Slot,
    in bytes: UnsafeRawBufferPointer,
    _ body: (Int) -> Void
  ) {
    if isWide(slot) {
      for number in bytes.assumingMemoryBound(to: UInt32.self) { body(Int(number)) }
    } else {
      for number in bytes.assumingMemoryBound(to: UInt16.self) { body(Int(number)) }
    }
  }
}
