import DataKit

/// Small valid inputs of every kind.
enum Seeds {
  // MARK: Images

  /// 32 x 32 pixels: grey at several depths, colours, alpha, interlaced, every filter.
  static let images: [FuzzSeed] = [
    image(bitDepth: 8, colourType: 0, bytesPerRow: 32),
    image(bitDepth: 8, colourType: 0, bytesPerRow: 32, filters: [0, 1, 2, 3, 4]),
    image(bitDepth: 1, colourType: 0, bytesPerRow: 4),
    image(bitDepth: 8, colourType: 2, bytesPerRow: 96, filters: [4]),
    image(bitDepth: 8, colourType: 4, bytesPerRow: 64, filters: [1]),
    image(bitDepth: 16, colourType: 0, bytesPerRow: 64),
  ]

  private static func image(
    bitDepth: UInt8,
    colourType: UInt8,
    bytesPerRow: Int,
    filters: [UInt8] = [0]
  ) -> FuzzSeed {
    var rows: [UInt8] = []
    for row in 0..<32 {
      rows.append(filters[row % filters.count])
      for column in 0..<bytesPerRow { rows.append(UInt8(truncatingIfNeeded: row * 8 + column / 8)) }
    }
    let parts = FuzzSeed.PNGParts(
      side: 32,
      bitDepth: bitDepth,
      colourType: colourType,
      interlace: 0,
      rows: rows
    )
    return .png(parts)
  }

  // MARK: Pathfinder's metadata

  /// Rows of the release: image, number, label and the generator's parameters.
  static let pathfinderRows = Array(
    (0..<6).map { "imgs/0 sample_\($0).png \($0) \($0 % 2) 1.0 14 4 2 0.5 1 1\n" }.joined().utf8
  )

  /// The same as the generator writes it: arrays of fixed-width strings.
  static let numpy: [[UInt8]] = [
    numpy(type: "<U12", isColumnMajor: false), numpy(type: "|S16", isColumnMajor: false),
    numpy(type: "<U12", isColumnMajor: true), numpy(type: "|S16", isColumnMajor: false, version: 2),
  ]

  private static func numpy(type: String, isColumnMajor: Bool, version: UInt8 = 1) -> [UInt8] {
    let rows = (0..<4).map { ["imgs/0", "sample_\($0).png", "\($0)", "\($0 % 2)"] }
    let cells =
      isColumnMajor ? (0..<4).flatMap { column in rows.map { $0[column] } } : rows.flatMap { $0 }
    let width = Int(type.dropFirst(2)) ?? 0
    let data = cells.flatMap { cell -> [UInt8] in
      let units = Array(cell.utf8) + [UInt8](repeating: 0, count: width - cell.utf8.count)
      return type.hasPrefix("<U") ? units.flatMap { [$0, 0, 0, 0] } : units
    }
    var header =
      "{'descr': '\(type)', 'fortran_order': \(isColumnMajor ? "True" : "False"), "
      + "'shape': (4, 4), }"
    let start = version == 1 ? 10 : 12
    while (start + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    let count = UInt32(header.utf8.count)
    let countBytes = Deflate.littleEndian(count).prefix(version == 1 ? 2 : 4)
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, version, 0] + countBytes + Array(header.utf8) + data
  }

  // MARK: Archives

  static let listOps: FuzzSeed = {
    let rows = (0..<6).map { "( ( ( [MAX \($0) ) \($0 * 3 % 10) ) ] )\t\($0)\r\n" }.joined()
    return .archive(
      ["train", "val", "test"].map { split in
        ("lra_release/listops-1000/basic_\(split).tsv", Array("Source\tTarget\r\n\(rows)".utf8))
      }
    )
  }()

  static let text: FuzzSeed = .archive(
    ["test", "train"].flatMap { split in
      ["neg", "pos"].flatMap { label in
        (0..<3).map { number in
          (
            "aclImdb/\(split)/\(label)/\(number)_\(label == "neg" ? 2 : 9).txt",
            Array("A \(label) review, caf\u{E9} \u{1D54F} number \(number).".utf8)
          )
        }
      }
    }
  )

  static let pathfinder: FuzzSeed = {
    let folder = "lra_release/pathfinder32/curv_contour_length_14"
    return .archive(
      [("\(folder)/metadata/0.npy", pathfinderRows)]
        + (0..<6).map { ("\(folder)/imgs/0/sample_\($0).png", images[$0 % 2].valid) }
    )
  }()

  static let cifar: FuzzSeed = .archive(
    [1, 2, 0].map { number in
      let name = number == 0 ? "test_batch.bin" : "data_batch_\(number).bin"
      var records: [UInt8] = []
      for record in 0..<4 {
        records.append(UInt8(record))
        for place in 0..<3072 { records.append(UInt8(truncatingIfNeeded: place / 32 + number)) }
      }
      return ("cifar-10-batches-bin/\(name)", records)
    }
  )
}
