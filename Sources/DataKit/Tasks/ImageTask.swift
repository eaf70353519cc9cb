extension TaskDefinition {
  /// Image: CIFAR-10 as grey pixel sequences (docs/archives.md).
  static let image = TaskDefinition(
    name: "image",
    aliases: ["cifar"],
    summary: "CIFAR-10 as 1,024 grey pixels, 10 classes (cifar-10-binary.tar.gz)",
    expectedMembers: "cifar-10-batches-bin/data_batch_1.bin … 5 and test_batch.bin",
    source: "https://www.cs.toronto.edu/~kriz/cifar.html (CIFAR-10 binary version)",
    publication: Publication(
      archive: "cifar-10-binary.tar.gz",
      byteCount: 170_052_171,
      samples: [.train: 45_000, .validation: 5_000, .test: 10_000],
      classes: 10,
      length: "1,024 pixels"
    ),
    locate: inFolder("cifar-10-batches-bin"),
    makeCollector: { ImageCollector($0) }
  )
}

/// Reads the binary batches of CIFAR-10.
final class ImageCollector: TaskCollector {
  private static let pixels = 1024
  private static let recordSize = 1 + 3 * pixels
  private static let batchSize = 512

  private let context: CollectorContext
  private var batches: [Int: [SpooledSample]] = [:]
  private var test: [SpooledSample]?

  init(_ context: CollectorContext) { self.context = context }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    guard tail.count == 1, let name = tail.first else { return }
    let isTest = name == "test_batch.bin"
    let number = (1...5).first { name == "data_batch_\($0).bin" }
    guard isTest || number != nil else {
      return context.skip("files that hold no CIFAR-10 records")
    }
    guard let byteCount = member.byteCount, byteCount % Self.recordSize == 0, byteCount > 0 else {
      throw reader.error(
        in: member,
        "has \(member.byteCount ?? 0) bytes, expected whole records of \(Self.recordSize) bytes"
      )
    }
    guard isTest ? test == nil : batches[number ?? 0] == nil else {
      throw reader.error(in: member, "the member stands in the archive twice")
    }
    context.membersRead += 1
    let samples = try readRecords(member, reader)
    if let number { batches[number] = samples } else { test = samples }
  }

  private func readRecords(
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws -> [SpooledSample] {
    var samples: [SpooledSample] = []
    var rest: [UInt8] = []
    var first = 0
    func submit(_ bytes: [UInt8]) throws {
      let firstRecord = first
      first += bytes.count / Self.recordSize
      try context.workers.submit {
        Self.grey(bytes)
      } deliver: { [context] images in
        for (index, label) in images.labels.enumerated() {
          guard label < 10 else {
            throw context.error(
              in: member.path,
              "record \(firstRecord + index) has the label \(label), expected 0 to 9"
            )
          }
          let range = index * Self.pixels..<(index + 1) * Self.pixels
          let slot = try images.pixels[range].withUnsafeBytes { try context.spool($0) }
          samples.append(SpooledSample(id: 0, label: Double(label), slot: slot))
        }
      }
    }
    try reader.forEachChunk { chunk in
      rest.append(contentsOf: chunk)
      let size = Self.batchSize * Self.recordSize
      while rest.count >= size {
        try submit(Array(rest[..<size]))
        rest.removeSubrange(..<size)
      }
    }
    if !rest.isEmpty { try submit(rest) }
    try context.workers.finish()
    return samples
  }

  /// Grey levels as Pillow's convert("L") gives them:
  /// (19595 R + 38470 G + 7471 B + 32768) >> 16.
  private static func grey(_ records: [UInt8]) -> (labels: [UInt8], pixels: [UInt8]) {
    var labels: [UInt8] = []
    var output: [UInt8] = []
    output.reserveCapacity(records.count / 3)
    for start in stride(from: 0, to: records.count, by: recordSize) {
      labels.append(records[start])
      for pixel in start + 1...start + pixels {
        let red = 19595 * UInt32(records[pixel])
        let green = 38470 * UInt32(records[pixel + pixels])
        let blue = 7471 * UInt32(records[pixel + 2 * pixels])
        output.append(UInt8(truncatingIfNeeded: (red + green + blue + 32768) >> 16))
      }
    }
    return (labels, output)
  }

  func finish() throws -> CollectedTask {
    guard let test else { throw context.error("the member test_batch.bin is missing") }
    let numbers = batches.keys.sorted()
    guard let last = numbers.last else {
      throw context.error("there is no training batch (data_batch_1.bin … data_batch_5.bin)")
    }
    if let missing = (1...last).first(where: { batches[$0] == nil }) {
      throw context.error("the member data_batch_\(missing).bin is missing")
    }
    var all = numbers.flatMap { batches[$0] ?? [] } + test
    for index in all.indices { all[index].id = Int64(index) }
    let trainCount = all.count - test.count
    // torch.utils.data.random_split with int(0.9 n) training images and seed 42 (docs/archives.md).
    let order = randomPermutation(count: trainCount, seed: 42)
    let cut = Int(Double(trainCount) * 0.9)
    return CollectedTask(
      input: .pixels,
      elementType: .uint8,
      encoding: .bytes,
      maximumLength: Self.pixels,
      fixedLength: Self.pixels,
      target: .classes(10),
      vocabulary: nil,
      normalization: Normalization(
        divisor: 255,
        mean: [Float(122.6 / 255.0 as Double)],
        standardDeviation: [Float(61.0 / 255.0 as Double)]
      ),
      splits: [
        (.train, order[..<cut].map { all[$0] }), (.validation, order[cut...].map { all[$0] }),
        (.test, Array(all[trainCount...])),
      ],
      validationSplit: .validation,
      options: ["colour": "grey", "split_seed": "42"],
      notes: last == 5
        ? [] : ["only \(last) of 5 training batches are in the archive: \(trainCount) images"]
    )
  }
}
