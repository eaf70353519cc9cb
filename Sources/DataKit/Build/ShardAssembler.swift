/// Puts the samples of one shard together and writes them: their values in final form, offsets,
/// hashes, labels.
///
/// Blocks of rows are worked on by all threads and written in order as they are ready, so the file
/// does not depend on how many threads there are, and memory holds a few blocks.
struct ShardAssembler: Sendable {
  /// About how many bytes of values a thread works on at a time, and at most how many rows.
  private static let blockByteCount = 1 << 20
  private static let blockRowCount = 1024

  let collected: CollectedTask
  let spool: SampleSpool
  let archive: String
  let threads: Int

  /// The number of positions a spooled sequence will have, the end token included.
  func length(of slot: SampleSpool.Slot) -> Int {
    switch collected.encoding {
    case .tokens(_, let widths): widths.count(of: slot) + 1
    case .bytes: slot.byteCount / (collected.channels * collected.elementType.byteCount)
    case .greyPNG(let side): side * side
    }
  }

  /// The number of positions of a sample, both sequences of a pair together.
  func elementCount(of sample: SpooledSample) -> Int {
    length(of: sample.slot) + (sample.pair.map { length(of: $0) } ?? 0)
  }

  /// Writes a shard of these samples.
  ///
  /// - Throws: ``ArchiveError`` when a sample cannot be decoded, ``FileError`` of the spool and of
  ///   the file, of which nothing is left then.
  func write(
    _ samples: [SpooledSample],
    metadata: [String: String],
    to path: String
  ) throws -> FileDigest {
    let sequences = (0..<collected.sequences).map { sequence in
      Rows(samples.map { sequence == 0 ? $0.slot : $0.pair ?? $0.slot }, lengths: length)
    }
    let file = try SafetensorsFileWriter(
      plans(count: samples.count, sequences),
      metadata: metadata,
      to: path,
      hashesAside: threads > 1
    )
    try append(samples.map(\.id), to: file)
    switch collected.target.kind {
    case .class: try append(samples.map { Int64($0.label) }, to: file)
    case .value: try append(samples.map { Float($0.label) }, to: file)
    }
    for rows in sequences {
      let hashes = try writeValues(rows, of: samples, to: file)
      if collected.fixedLength == nil { try append(rows.offsets.map { Int64($0) }, to: file) }
      try append(hashes, to: file)
    }
    return try file.finish()
  }

  /// One sequence of every sample of a shard, and where each begins in the shard's values.
  private struct Rows {
    var slots: [SampleSpool.Slot]
    var offsets: [Int]

    init(_ slots: [SampleSpool.Slot], lengths: (SampleSpool.Slot) -> Int) {
      self.slots = slots
      offsets = slots.reduce(into: [0]) { $0.append($0[$0.count - 1] + lengths($1)) }
    }
  }

  private func plans(count: Int, _ sequences: [Rows]) -> [TensorPlan] {
    let label: ElementType = collected.target.kind == .class ? .int64 : .float32
    var plans = [
      TensorPlan(name: TensorName.sampleID, elementType: .int64, shape: [count]),
      TensorPlan(name: TensorName.label, elementType: label, shape: [count]),
    ]
    let inner = collected.channels == 1 ? [] : [collected.channels]
    for (sequence, rows) in sequences.enumerated() {
      let outer = collected.fixedLength.map { [count, $0] } ?? [rows.offsets[count]]
      plans.append(
        TensorPlan(
          name: TensorName.values(sequence),
          elementType: collected.elementType,
          shape: outer + inner
        )
      )
      if collected.fixedLength == nil {
        let name = TensorName.offsets(sequence)
        plans.append(TensorPlan(name: name, elementType: .int64, shape: [count + 1]))
      }
      let name = TensorName.hash(sequence)
      plans.append(TensorPlan(name: name, elementType: .uint64, shape: [count]))
    }
    return plans
  }

  private func append(_ elements: [some TensorElement], to file: SafetensorsFileWriter) throws {
    try elements.withUnsafeBytes { try file.append($0) }
  }

  /// Writes the values of a sequence and returns the hash of each row.
  private func writeValues(
    _ rows: Rows,
    of samples: [SpooledSample],
    to file: SafetensorsFileWriter
  ) throws -> [UInt64] {
    // While the calling thread waits for a block to write it takes no processor.
    let workers = OrderedWorkers(threads: threads > 1 ? threads + 1 : 1)
    defer { workers.abandon() }
    let rowByteCount = max(1, rows.offsets[samples.count] * valueByteCount / max(1, samples.count))
    let blockSize = max(1, min(Self.blockRowCount, Self.blockByteCount / rowByteCount))
    var hashes: [UInt64] = []
    hashes.reserveCapacity(samples.count)
    for start in stride(from: 0, to: samples.count, by: blockSize) {
      let block = start..<min(samples.count, start + blockSize)
      let (slots, cuts) = (rows.slots[block], rows.offsets[start...block.upperBound])
      try workers.submit {
        try encode(slots, cuts, samples[block])
      } deliver: { encoded in
        hashes += encoded.hashes
        try encoded.values.withUnsafeBytes { try file.append($0) }
      }
    }
    try workers.finish()
    return hashes
  }

  /// The size of a position's values in bytes.
  private var valueByteCount: Int { collected.channels * collected.elementType.byteCount }

  private func encode(
    _ slots: ArraySlice<SampleSpool.Slot>,
    _ offsets: ArraySlice<Int>,
    _ samples: ArraySlice<SpooledSample>
  ) throws -> (values: [UInt8], hashes: [UInt64]) {
    let (first, size) = (offsets[slots.startIndex], valueByteCount)
    var encoder = SampleEncoder(collected, spool)
    var hashes: [UInt64] = []
    let count = (offsets[slots.endIndex] - first) * size
    let values = try [UInt8](unsafeUninitializedCapacity: count) { values, filled in
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(values)[..<count]
      )
      for row in slots.indices {
        let range = (offsets[row] - first) * size..<(offsets[row + 1] - first) * size
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
        do {
          try encoder.encode(slots[row], into: room)
        } catch let error as PNGError {
          throw ArchiveError(
            archive: archive,
            member: collected.memberPath?(samples[row]),
            reason: "\(error)"
          )
        }
        hashes.append(xxh3(UnsafeRawBufferPointer(room)))
      }
      filled = count
    }
    return (values, hashes)
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
    case .tokens(let ids, let widths):
      try readScratch(slot)
      scratch.withUnsafeBytes { bytes in
        let numbers = UnsafeRawBufferPointer(rebasing: bytes[..<slot.byteCount])
        ids.withUnsafeBufferPointer { ids in
          if widths.isWide(slot) {
            write(numbers.assumingMemoryBound(to: UInt32.self), ids: ids, into: output)
          } else {
            write(numbers.assumingMemoryBound(to: UInt16.self), ids: ids, into: output)
          }
        }
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
  private func write<Number: FixedWidthInteger & UnsignedInteger>(
    _ numbers: UnsafeBufferPointer<Number>,
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
