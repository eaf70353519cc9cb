/// Puts the samples of one shard together and writes them: their values in final form, offsets,
/// hashes, labels.
///
/// Blocks of rows are worked on by all threads and written in order as they are ready, so the file
/// does not depend on how many threads there are, and memory holds a few blocks.
struct ShardAssembler: Sendable {
  /// About how many bytes of values a thread works on at a time, and at most how many rows.
  private static let blockByteCount = 1 << 20
  private static let blockRowCount = 1024
  /// How many numbers of samples are written at a time.
  private static let numberCount = 1 << 16

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

  /// The bytes in a shard that come with every sample, whatever its values.
  var sampleByteCount: Int {
    let sequence =
      ElementType.uint64.byteCount
      + (collected.fixedLength == nil ? ElementType.int64.byteCount : 0)
    return ElementType.int64.byteCount + labelType.byteCount + collected.sequences * sequence
  }

  private var labelType: ElementType { collected.target.kind == .class ? .int64 : .float32 }

  /// Writes a shard of these samples.
  ///
  /// - Throws: ``ArchiveError`` when a sample cannot be decoded, ``FileError`` of the spool and of
  ///   the file, of which nothing is left then.
  func write(
    _ samples: ArraySlice<SpooledSample>,
    metadata: [String: String],
    to path: String
  ) throws -> FileDigest {
    let elements = (0..<collected.sequences).map { sequence in
      samples.reduce(0) { $0 + length(of: $1.slot(sequence)) }
    }
    let file = try SafetensorsFileWriter(
      plans(count: samples.count, elements),
      metadata: metadata,
      to: path,
      hashesAside: threads > 1
    )
    try append(samples, to: file) { $0.id }
    switch collected.target.kind {
    case .class: try append(samples, to: file) { Int64($0.label) }
    case .value: try append(samples, to: file) { Float($0.label) }
    }
    for sequence in elements.indices {
      let hashes = try writeValues(sequence, of: samples, elements[sequence], to: file)
      if collected.fixedLength == nil { try writeOffsets(sequence, of: samples, to: file) }
      try append(hashes, to: file)
    }
    return try file.finish()
  }

  /// Where the sequence of each sample begins in the shard's values, and where the last one ends.
  private func writeOffsets(
    _ sequence: Int,
    of samples: ArraySlice<SpooledSample>,
    to file: SafetensorsFileWriter
  ) throws {
    var offset: Int64 = 0
    try append([offset], to: file)
    try append(samples, to: file) { sample in
      offset += Int64(length(of: sample.slot(sequence)))
      return offset
    }
  }

  private func plans(count: Int, _ elements: [Int]) -> [TensorPlan] {
    var plans = [
      TensorPlan(name: TensorName.sampleID, elementType: .int64, shape: [count]),
      TensorPlan(name: TensorName.label, elementType: labelType, shape: [count]),
    ]
    let inner = collected.channels == 1 ? [] : [collected.channels]
    for (sequence, elements) in elements.enumerated() {
      let outer = collected.fixedLength.map { [count, $0] } ?? [elements]
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

  /// Appends a number for each sample, without holding all of them.
  private func append(
    _ samples: ArraySlice<SpooledSample>,
    to file: SafetensorsFileWriter,
    _ number: (SpooledSample) -> some TensorElement
  ) throws {
    var rest = samples
    while !rest.isEmpty {
      let block = rest.prefix(Self.numberCount)
      try append(block.map(number), to: file)
      rest = rest[block.endIndex...]
    }
  }

  /// Writes the values of a sequence, `elements` positions in all, and returns the hash of each row.
  private func writeValues(
    _ sequence: Int,
    of samples: ArraySlice<SpooledSample>,
    _ elements: Int,
    to file: SafetensorsFileWriter
  ) throws -> [UInt64] {
    // While the calling thread waits for a block to write it takes no processor.
    let workers = OrderedWorkers(threads: threads > 1 ? threads + 1 : 1)
    defer { workers.abandon() }
    let rowByteCount = max(1, elements * valueByteCount / max(1, samples.count))
    let blockSize = max(1, min(Self.blockRowCount, Self.blockByteCount / rowByteCount))
    var hashes: [UInt64] = []
    hashes.reserveCapacity(samples.count)
    for start in stride(from: samples.startIndex, to: samples.endIndex, by: blockSize) {
      let block = samples[start..<min(samples.endIndex, start + blockSize)]
      try workers.submit {
        try encode(block, sequence)
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
    _ samples: ArraySlice<SpooledSample>,
    _ sequence: Int
  ) throws -> (values: [UInt8], hashes: [UInt64]) {
    var encoder = SampleEncoder(collected, spool)
    var hashes: [UInt64] = []
    let sizes = samples.map { length(of: $0.slot(sequence)) * valueByteCount }
    let count = sizes.reduce(0, +)
    let values = try [UInt8](unsafeUninitializedCapacity: count) { values, filled in
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(values)[..<count]
      )
      var start = 0
      for (sample, size) in zip(samples, sizes) {
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + size])
        start += size
        do {
          try encoder.encode(sample.slot(sequence), into: room)
        } catch let error as PNGError {
          throw ArchiveError(
            archive: archive,
            member: collected.memberPath?(sample),
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
