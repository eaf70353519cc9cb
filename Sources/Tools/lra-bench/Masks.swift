internal import DataKit

extension Bench {
  /// Packed masks of 64 samples of 2,048 tokens, against the masks a byte per token.
  static func measureMasks(_ name: String, _ set: MaskSet) throws {
    let (samples, length, repeats) = (64, 2048, 100)
    let generator = MaskGenerator(set)
    var bits = [UInt8](repeating: 0, count: samples * length / 8 + 1)
    func draw() {
      bits.withUnsafeMutableBytes { bytes in
        for sample in 0..<samples {
          generator.fillBits(
            bytes,
            bitOffset: sample * length + 3,
            count: length,
            sampleID: Int64(sample),
            variant: 0
          )
        }
      }
    }
    draw()
    var mask = [UInt8](repeating: 0, count: length)
    var masked = 0
    for sample in 0..<samples {
      mask.withUnsafeMutableBufferPointer {
        generator.fill($0, sampleID: Int64(sample), variant: 0)
      }
      for (position, isMasked) in mask.enumerated() {
        let bit = sample * length + 3 + position
        try require(bits[bit / 8] >> UInt8(bit % 8) & 1 == isMasked, name)
        masked += Int(isMasked)
      }
    }
    try require(abs(masked - samples * length / 2) < samples * length / 50, name)
    try report(name, "tokens", count: repeats * samples * length) {
      for _ in 0..<repeats { draw() }
    }
  }
}
