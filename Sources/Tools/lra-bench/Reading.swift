internal import DataKit
internal import Foundation

extension Bench {
  /// Random batches of 64 out of 20,000 sequences of 500 to 2,000 tokens, padded.
  ///
  /// They are compared with the values that were written. Checksums are compared at a sample's first reading, before the time
  /// is taken.
  static func measureReading(_ folder: String) throws {
    let (samples, rowLength, rows) = (20_000, 2000, 64)
    var random = PhiloxStream(Philox(seed: 2, purpose: .sample), 0)
    var offsets: [Int64] = [0]
    for _ in 0..<samples {
      offsets.append(offsets[offsets.count - 1] + Int64(500 + random.next(below: 1501)))
    }
    let values = (0..<offsets[samples]).map { _ in UInt8(4 + random.next(below: 15)) }
    try writeTokens(values, offsets, to: folder)
    let split = try DataSet(opening: folder).split(.train)
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
    for indices in batches.prefix(20) {
      try read(indices)
      for (row, index) in indices.enumerated() {
        let sample = values[Int(offsets[index])..<Int(offsets[index + 1])].map { Int32($0) }
        let padded = sample + [Int32](repeating: 1, count: rowLength - sample.count)
        let found = output[row * rowLength..<(row + 1) * rowLength]
        try require(found.elementsEqual(padded) && lengths[row] == sample.count, "batch reading")
      }
    }
    for indices in batches { try read(indices) }
    try report("random batches of 64", "samples", count: batches.count * rows * 5) {
      for _ in 0..<5 { for indices in batches { try read(indices) } }
    }
  }

  private static func writeTokens(_ values: [UInt8], _ offsets: [Int64], to folder: String) throws {
    let count = offsets.count - 1
    let file = "train-00000-of-00001.safetensors"
    let digest = try SafetensorsWriter.write(
      [
        TensorData(name: "sample.id", shape: [count], elements: (0..<count).map { Int64($0) }),
        TensorData(name: "label", shape: [count], elements: [Int64](repeating: 0, count: count)),
        TensorData(name: "x.values", shape: [values.count], elements: values),
        TensorData(name: "x.offsets", shape: [count + 1], elements: offsets),
      ],
      metadata: ["version": Manifest.version],
      to: folder + "/" + file
    )
    let lengths = zip(offsets, offsets.dropFirst()).map { Int($1 - $0) }
    let shard: [String: Any] = [
      "file": file, "samples": count, "elements": values.count,
      "digest": try JSONSerialization.jsonObject(with: JSONEncoder().encode(digest)),
    ]
    let train: [String: Any] = [
      "samples": count, "elements": values.count, "minimumLength": lengths.min() ?? 0,
      "meanLength": Double(values.count) / Double(count), "maximumLength": lengths.max() ?? 0,
      "labelCounts": [count], "shards": [shard],
    ]
    let specials = ["<mask>", "<pad>", "<unk>", "<eos>"]
    let manifest: [String: Any] = [
      "format": Manifest.format, "version": Manifest.version, "tool": "lra-bench",
      "task": "bench", "input": InputKind.tokens.rawValue, "elementType": "U8",
      "maximumLength": 2000, "classes": 1, "validationSplit": "train", "options": [:],
      "masks": [], "splits": ["train": train],
      "vocabulary": [
        "tokenizer": "character", "tokens": specials + (0..<15).map { "\($0)" },
        "counts": [0, 0, 0, 0] + [Int](repeating: 1, count: 15), "minimumFrequency": 1,
        "maskID": 0, "padID": 1, "unknownID": 2, "endID": 3,
      ],
      "provenance": [
        "input": "none", "bytes": 0, "sha256": "", "prefix": "", "membersRead": 0, "skipped": [:],
      ],
    ]
    let json = try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys])
    try AtomicFile.write([UInt8](json), to: folder + "/" + Manifest.fileName)
  }
}
