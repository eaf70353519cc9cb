extension TaskDefinition {
  /// Image: CIFAR-10 as grey pixel sequences (docs/archives.md).
  static let image = cifar(
    name: "image",
    aliases: ["cifar"],
    summary: "CIFAR-10 as 1,024 grey pixels, 10 classes (cifar-10-binary.tar.gz or -python)",
    isInSuite: true,
    colours: .grey
  )

  /// Image in colour: CIFAR-10 as sequences of red, green and blue (docs/archives.md).
  static let imageColour = cifar(
    name: "image-colour",
    aliases: ["scifar", "cifar10-colour"],
    summary:
      "CIFAR-10 as 1,024 pixels of 3 colours, 10 classes (cifar-10-binary.tar.gz or -python)",
    isInSuite: false,
    colours: .colour
  )

  private static func cifar(
    name: String,
    aliases: [String],
    summary: String,
    isInSuite: Bool,
    colours: CIFARColours
  ) -> TaskDefinition {
    TaskDefinition(
      name: name,
      aliases: aliases,
      summary: summary,
      expectedMembers: "cifar-10-batches-bin/data_batch_1.bin … 5 and test_batch.bin, or "
        + "cifar-10-batches-py/data_batch_1 … 5 and test_batch",
      source: "https://www.cs.toronto.edu/~kriz/cifar.html (CIFAR-10 binary or Python version)",
      publication: Publication(
        archive: "cifar-10-binary.tar.gz",
        byteCount: 170_052_171,
        samples: [.train: 45_000, .validation: 5_000, .test: 10_000],
        classes: 10,
        length: "1,024 pixels"
      ),
      isInSuite: isInSuite,
      locate: { parts in
        guard let folder = parts.dropLast().last, ImageCollector.folders.contains(folder) else {
          return nil
        }
        return (Array(parts.dropLast(2)), Array(parts.suffix(2)))
      },
      makeCollector: { ImageCollector($0, colours) }
    )
  }
}

/// Reads the batches of CIFAR-10, binary or pickled by Python.
final class ImageCollector: TaskCollector {
  fileprivate static let folders: Set<Substring> = ["cifar-10-batches-bin", "cifar-10-batches-py"]
  private static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
  /// Images are converted in batches of this many.
  private static let batchSize = 512
  /// Pickles over this size, in bytes, are refused; the published ones have 31 million.
  private static let pickleLimit = 64 << 20

  private let context: CollectorContext
  private let colours: CIFARColours
  /// The samples of each training batch by its number, and under 0 those of the test batch.
  private var batches: [Int: [SpooledSample]] = [:]

  init(_ context: CollectorContext, _ colours: CIFARColours) {
    self.context = context
    self.colours = colours
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    let isPickle = tail[0] == "cifar-10-batches-py"
    let suffix = isPickle ? "" : ".bin"
    let number = (0...5).first {
      tail[1] == ($0 == 0 ? "test_batch" : "data_batch_\($0)") + suffix
    }
    guard let number else { return context.skip("files that hold no CIFAR-10 images") }
    guard batches[number] == nil else {
      throw reader.error(in: member, "the batch stands in the archive twice")
    }
    context.membersRead += 1
    batches[number] = []
    if isPickle {
      try readPickle(number, member, reader)
    } else {
      try readRecords(number, member, reader)
    }
    try context.workers.finish()
  }

  private func readPickle(
    _ number: Int,
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws {
    let bytes = try reader.readAll(member, limit: Self.pickleLimit)
    let pickle: CIFARPickle
    do {
      pickle = try CIFARPickle(bytes)
    } catch {
      throw reader.error(in: member, "\(error)")
    }
    for first in stride(from: 0, to: pickle.labels.count, by: Self.batchSize) {
      let rows = first..<min(first + Self.batchSize, pickle.labels.count)
      try submit(.pickle(pickle, rows: rows), first: first, number, member)
    }
  }

  private func readRecords(
    _ number: Int,
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws {
    let recordSize = CIFARBatch.recordSize
    guard let byteCount = member.byteCount, byteCount % recordSize == 0, byteCount > 0 else {
      throw reader.error(
        in: member,
        "has \(member.byteCount ?? 0) bytes, expected whole records of \(recordSize) bytes"
      )
    }
    var rest: [UInt8] = []
    var first = 0
    func submitRecords(_ bytes: [UInt8]) throws {
      try submit(.records(bytes), first: first, number, member)
      first += bytes.count / recordSize
    }
    try reader.forEachChunk { chunk in
      rest.append(contentsOf: chunk)
      let size = Self.batchSize * recordSize
      while rest.count >= size {
        try submitRecords(Array(rest[..<size]))
        rest.removeSubrange(..<size)
      }
    }
    if !rest.isEmpty { try submitRecords(rest) }
  }

  private func submit(
    _ batch: CIFARBatch,
    first: Int,
    _ number: Int,
    _ member: ArchiveMember
  ) throws {
    try context.workers.submit { [colours] in
      (0..<batch.count).map { colours.pixels(ofPlanes: batch.planes($0)) }
    } deliver: { [self] images in
      for (index, pixels) in images.enumerated() {
        let label = batch.label(index)
        guard label < 10 else {
          let fault = context.error(
            in: member.path,
            "record \(first + index) has the label \(label), expected 0 to 9"
          )
          try ([label] + batch.planes(index)).withUnsafeBytes {
            try context.reject(fault, bytes: $0)
          }
          continue
        }
        let slot = try pixels.withUnsafeBytes { try context.spool($0) }
        batches[number]?.append(SpooledSample(id: 0, label: Double(label), slot: slot))
      }
    }
  }

  func finish() throws -> CollectedTask {
    guard let test = batches.removeValue(forKey: 0) else {
      throw context.error("the batch test_batch is missing")
    }
    guard let last = batches.keys.max() else {
      throw context.error("there is no training batch (data_batch_1 … data_batch_5)")
    }
    if let missing = (1...last).first(where: { batches[$0] == nil }) {
      throw context.error("the batch data_batch_\(missing) is missing")
    }
    var all = (1...last).flatMap { batches[$0] ?? [] } + test
    for index in all.indices { all[index].id = Int64(index) }
    let trainCount = all.count - test.count
    // torch.utils.data.random_split with int(0.9 n) training images and seed 42 (docs/archives.md).
    let order = randomPermutation(count: trainCount, seed: 42)
    let cut = Int(Double(trainCount) * 0.9)
    return CollectedTask(
      input: .pixels,
      elementType: .uint8,
      channels: colours.channels,
      encoding: .bytes,
      maximumLength: CIFARBatch.pixelCount,
      fixedLength: CIFARBatch.pixelCount,
      target: .classes(10, names: Self.classNames),
      vocabulary: nil,
      normalization: normalization,
      splits: [
        (.train, order[..<cut].map { all[$0] }), (.validation, order[cut...].map { all[$0] }),
        (.test, Array(all[trainCount...])),
      ],
      validationSplit: .validation,
      options: ["colour": colours == .grey ? "grey" : "rgb", "split_seed": "42"],
      notes: last == 5
        ? [] : ["only \(last) of 5 training batches are in the archive: \(trainCount) images"]
    )
  }

  private var normalization: Normalization {
    switch colours {
    case .grey:
      .cifarGrey
    case .colour:
      Normalization(
        divisor: 255,
        mean: [0.4914, 0.4822, 0.4465],
        standardDeviation: [0.247, 0.243, 0.261]
      )
    }
  }
}
