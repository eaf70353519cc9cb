/// Puts the samples of one shard together: their values in final form, offsets, hashes, labels.
///
/// Rows are worked on in blocks on all threads; the result does not depend on how many.
struct ShardAssembler: Sendable {
  /// About how many bytes of values a thread works on at a time, and at most how many rows.
  private static let blockByteCount = 1 << 18
  private static let blockRowCount = 256

  let collected: CollectedTask
  let spool: SampleSpool
  let archive: String
  let threads: Int

  /// The number of positions a spooled sequence will have, the end token included.
  func length(of slot: SampleSpool.Slot) -> Int {
    switch collected.encoding {
    case .tokens: slot.byteCount / 2 + 1
    case .bytes: slot.byteCount / (collected.channels * collected.elementType.byteCount)
    case .greyPNG(let side): side * side
    }
  }

  /// The number of positions of a sample, both sequences of a pair together.
  func elementCount(of sample: SpooledSample) -> Int {
    length(of: sample.slot) + (sample.pair.map { length(of: $0) } ?? 0)
  }

  /// The tensors of a shard of these samples.
  ///
  /// - Throws: ``ArchiveError`` when a sample cannot be decoded, ``FileError`` of the spool.
  func tensors(of samples: ArraySlice<SpooledSample>) throws -> [TensorData] {
    let samples = Array(samples)
    let count = samples.count
    var tensors = [
      TensorData(name: TensorName.sampleID, shape: [count], elements: samples.map(\.id))
    ]
    switch collected.target.kind {
    case .class:
      let labels = samples.map { Int64($0.label) }
      tensors.append(TensorData(name: TensorName.label, shape: [count], elements: labels))
    case .value:
      let labels = samples.map { Float($0.label) }
      tensors.append(TensorData(name: TensorName.label, shape: [count], elements: labels))
    }
    for sequence in 0..<collected.sequences {
      let slots = samples.map { sequence == 0 ? $0.slot : $0.pair ?? $0.slot }
      tensors += try self.sequence(sequence, slots, of: samples)
    }
    return tensors
  }

  private func sequence(
    _ sequence: Int,
    _ slots: [SampleSpool.Slot],
    of samples: [SpooledSample]
  ) throws -> [TensorData] {
    let offsets = slots.reduce(into: [0]) { $0.append($0[$0.count - 1] + length(of: $1)) }
    let elements = offsets[slots.count]
    let size = collected.channels * collected.elementType.byteCount
    var hashes = [UInt64](repeating: 0, count: slots.count)
    let values = PageBuffer(byteCount: elements * size)
    try hashes.withUnsafeMutableBufferPointer { hashes in
      let rowByteCount = max(1, values.bytes.count / max(1, slots.count))
      let blockSize = max(1, min(Self.blockRowCount, Self.blockByteCount / rowByteCount))
      let blocks = (slots.count + blockSize - 1) / blockSize
      try forEachInParallel(count: blocks, threads: threads) { block in
        var encoder = SampleEncoder(collected, spool)
        for row in block * blockSize..<min(slots.count, (block + 1) * blockSize) {
          let room = UnsafeMutableRawBufferPointer(
            rebasing: values.bytes[offsets[row] * size..<offsets[row + 1] * size]
          )
          do {
            try encoder.encode(slots[row], into: room)
          } catch let error as PNGError {
            throw ArchiveError(
              archive: archive,
              member: collected.memberPath?(samples[row]),
              reason: "\(error)"
            )
          }
          hashes[row] = xxh3(UnsafeRawBufferPointer(room))
        }
      }
    }
    let inner = collected.channels == 1 ? [] : [collected.channels]
    var tensors = [
      TensorData(
        name: TensorName.values(sequence),
        elementType: collected.elementType,
        shape: (collected.fixedLength.map { [slots.count, $0] } ?? [elements]) + inner,
        pages: values
      )
    ]
    if collected.fixedLength == nil {
      tensors.append(
        TensorData(
          name: TensorName.offsets(sequence),
          shape: [slots.count + 1],
          elements: offsets.map { Int64($0) }
        )
      )
    }
    tensors.append(
      TensorData(name: TensorName.hash(sequence), shape: [slots.count], elements: hashes)
    )
    return tensors
  }
}

/// Turns spooled samples into the values of a shard; reuses its memory from sample to sample.
private struct SampleEncoder {
  private let collected: CollectedTask
  private let spool: SampleSpool
  private let endID: UInt16
  private let decoder: GreyPNGDecoder?
  private var scratch: [UInt8] = []

  init(_ collected: CollectedTask, _ spool: SampleSpool) {
    self.collected = collected
    self.spool = spool
    endID = UInt16(collected.vocabulary?.endID ?? 0)
    guard case .greyPNG(let side) = collected.encoding else {
      decoder = nil
      return
    }
    decoder = GreyPNGDecoder(width: side, height: side)
  }

  mutating func encode(
    _ slot: SampleSpool.Slot,
    into output: UnsafeMutableRawBufferPointer
  ) throws {
    switch collected.encoding {
    case .bytes: try spool.read(slot, into: output)
    case .greyPNG:
      try readScratch(slot)
      try scratch.withUnsafeBytes { bytes in
        try decoder?.decode(
          UnsafeRawBufferPointer(rebasing: bytes[..<slot.byteCount]),
          into: output
        )
      }
    case .tokens(let ids):
      try readScratch(slot)
      scratch.withUnsafeBytes { bytes in
        let numbers = UnsafeRawBufferPointer(rebasing: bytes[..<slot.byteCount])
          .assumingMemoryBound(to: UInt16.self)
        ids.withUnsafeBufferPointer { write(numbers, ids: $0, into: output) }
      }
    }
  }

  private mutating func readScratch(_ slot: SampleSpool.Slot) throws {
    if scratch.count < slot.byteCount {
      scratch = [UInt8](repeating: 0, count: max(slot.byteCount, 1 << 14))
    }
    try scratch.withUnsafeMutableBytes {
      try spool.read(slot, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<slot.byteCount]))
    }
  }

  /// Writes the final ids of provisional numbers, and the end token.
  private func write(
    _ numbers: UnsafeBufferPointer<UInt16>,
    ids: UnsafeBufferPointer<UInt16>,
    into output: UnsafeMutableRawBufferPointer
  ) {
    if collected.elementType == .uint8 {
      for index in numbers.indices {
        output[index] = UInt8(truncatingIfNeeded: ids[Int(numbers[index])])
      }
      output[numbers.count] = UInt8(truncatingIfNeeded: endID)
    } else {
      let values = output.assumingMemoryBound(to: UInt16.self)
      for index in numbers.indices { values[index] = ids[Int(numbers[index])] }
      values[numbers.count] = endID
    }
  }
}
