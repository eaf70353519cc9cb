internal import DataKit
internal import Foundation

extension Bench {
  /// Random batches of 64 out of 20,000 generated ListOps sequences of 500 to 2,000 tokens, padded.
  ///
  /// They are compared with the bytes of the files. Checksums are compared at a sample's first
  /// reading, before the time is taken.
  static func measureReading(_ folder: String) throws {
    let (samples, rowLength, rows) = (20_000, 2048, 64)
    let split = try makeListOps(samples, in: folder)
    var random = PhiloxStream(Philox(seed: 2, purpose: .sample), 0)
    let batches = (0..<200).map { _ in (0..<rows).map { _ in random.next(below: samples) } }
    var output = [Int32](repeating: 0, count: rows * rowLength)
    var lengths = [Int32](repeating: 0, count: rows)
    func read(_ indices: [Int]) throws {
      try output.withUnsafeMutableBufferPointer { output in
        try lengths.withUnsafeMutableBufferPointer { lengths in
          try split.copyBatch(
            indices,
            into: output,
            rowLength: rowLength,
            padding: 1,
            lengths: lengths
          )
        }
      }
    }
    let file = try Data(
      contentsOf: URL(filePath: split.location(at: 0).file),
      options: .alwaysMapped
    )
    for indices in batches.prefix(20) {
      try read(indices)
      for (row, index) in indices.enumerated() {
        let sample = file[split.location(at: index).bytes].map { Int32($0) }
        let padded = sample + [Int32](repeating: 1, count: rowLength - sample.count)
        let found = output[row * rowLength..<(row + 1) * rowLength]
        try require(found.elementsEqual(padded) && lengths[row] == sample.count, "batch reading")
      }
    }
    for index in 0..<samples / rows { try read(Array(rows * index..<rows * (index + 1))) }
    for indices in batches { try read(indices) }
    try report("random batches of 64", "samples", count: batches.count * rows * 5) {
      for _ in 0..<5 { for indices in batches { try read(indices) } }
    }
  }

  /// A data set of one shard.
  private static func makeListOps(_ samples: Int, in folder: String) throws -> DataSplit {
    let archive = folder + "/listops.tar.gz"
    let writer = try ArchiveWriter(path: archive, compressionLevel: 1)
    try ListOpsArchive(
      generator: ListOpsGenerator(seed: 2),
      trainCount: samples,
      validationCount: 1,
      testCount: 1
    ).write(to: writer, spoolFolder: folder)
    try writer.finish()
    guard let task = TaskDefinition.named("listops") else {
      throw Mismatch(description: "there is no task 'listops'")
    }
    let output = folder + "/listops"
    _ = try Build(BuildPlan(inputs: [.file(archive)], tasks: [task], folders: [output])).run()
    return try DataSet(opening: output).split(.train)
  }
}
