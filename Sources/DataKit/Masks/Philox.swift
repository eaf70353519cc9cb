internal import CKernels

/// The counter-based random generator Philox4x32-10.
///
/// Every block of 128 random bits is a pure function of a 64-bit key and a 128-bit counter, so a
/// number can be named by what it is for and computed anywhere, in any order.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct Philox: Sendable {
  /// The key, low word first.
  public let key: SIMD2<UInt32>

  /// A generator with the given key.
  public init(key: SIMD2<UInt32>) { self.key = key }

  /// A generator for a user's seed and a purpose; different purposes give unrelated numbers.
  ///
  /// The key is the seed's low and high word, the high word exclusive-or'ed with the purpose.
  public init(seed: UInt64, purpose: Purpose) {
    key = SIMD2(
      UInt32(truncatingIfNeeded: seed),
      UInt32(truncatingIfNeeded: seed >> 32) ^ purpose.rawValue
    )
  }

  /// What random numbers are drawn for; four ASCII letters.
  public struct Purpose: RawRepresentable, Sendable {
    /// The letters as a big-endian number.
    public let rawValue: UInt32
    /// A purpose with the given number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Token masks, "TOKN".
    public static let tokenMask = Purpose(rawValue: 0x544F_4B4E)
    /// Span masks, "SPAN".
    public static let spanMask = Purpose(rawValue: 0x5350_414E)
    /// Generated samples, "SMPL".
    public static let sample = Purpose(rawValue: 0x534D_504C)
    /// Initial weights, "INIT".
    public static let weights = Purpose(rawValue: 0x494E_4954)
    /// Dropout, "DROP".
    public static let dropout = Purpose(rawValue: 0x4452_4F50)
    /// The order of samples in an epoch, "ORDR".
    public static let order = Purpose(rawValue: 0x4F52_4452)
  }

  /// The four random words of a counter.
  @inlinable
  public func words(at counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
    var (k0, k1) = (key[0], key[1])
    for _ in 0..<10 {
      let first = UInt64(0xD251_1F53) * UInt64(c0)
      let second = UInt64(0xCD9E_8D57) * UInt64(c2)
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: first)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }

  /// The blocks of `counter`, of the counter one higher, and so on, as the C kernels name them.
  func blocks(from counter: SIMD4<UInt32>) -> ckernels_philox {
    ckernels_philox(
      key: UInt64(key[0]) | UInt64(key[1]) << 32,
      low: UInt64(counter[0]) | UInt64(counter[1]) << 32,
      high: UInt64(counter[2]) | UInt64(counter[3]) << 32
    )
  }
}

/// A sequential view of ``Philox`` for code that draws an unknown number of values.
///
/// The stream is named by a key and a first counter; it yields the blocks of that counter, of the
/// counter one higher, and so on, word by word.
public struct PhiloxStream: RandomNumberGenerator, Sendable {
  /// Eight blocks are as quick to compute together as two one by one.
  private static let capacity = 32
  private var blocks: ckernels_philox
  private var words = InlineArray<32, UInt32>(repeating: 0)
  private var used = Self.capacity

  /// The stream that starts at `counter`.
  public init(_ generator: Philox, at counter: SIMD4<UInt32>) {
    blocks = generator.blocks(from: counter)
  }

  /// The stream that starts at the counter (0, 0, a, b).
  public init(_ generator: Philox, _ a: UInt32, _ b: UInt32 = 0) {
    self.init(generator, at: SIMD4(0, 0, a, b))
  }

  /// The next 32 random bits.
  @inline(__always)
  public mutating func nextWord() -> UInt32 {
    if used == Self.capacity { refill() }
    defer { used += 1 }
    return words[used]
  }

  @inline(never)
  private mutating func refill() {
    var span = words.mutableSpan
    span.withUnsafeMutableBufferPointer { ckernels_philox_words($0.baseAddress, 1, blocks) }
    blocks.low &+= 8
    used = 0
  }

  /// The next 64 random bits, low word first.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return low | UInt64(nextWord()) << 32
  }

  /// A number in [0, 1) with 24 random bits.
  public mutating func nextUnit() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// A whole number in 0 ..< bound, unbiased (Lemire 2019).
  ///
  /// - Precondition: `bound` is positive and below 2^32.
  public mutating func next(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= UInt32.max, "bound \(bound) is outside 1 ..< 2^32")
    let range = UInt64(bound)
    var product = UInt64(nextWord()) * range
    if product & 0xFFFF_FFFF < range {
      let threshold = (0x1_0000_0000 - range) % range
      while product & 0xFFFF_FFFF < threshold { product = UInt64(nextWord()) * range }
    }
    return Int(product >> 32)
  }
}
