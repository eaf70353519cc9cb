/// Pickles, sounds, series and tables.
extension Seeds {
  // MARK: CIFAR-10 as Python pickles it

  /// Batches of two images, protocol 2, as Python 2 and NumPy wrote them.
  static let pickles: [[UInt8]] = [pickle(images: 2), pickle(images: 1)]

  private static func pickle(images: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x80, 2] + Array("}q\u{1}(U\u{b}batch_labelq\u{2}U\u{5}batchq\u{3}".utf8)
    bytes += text("labels") + Array("q\u{4}]q\u{5}(".utf8)
    for label in 0..<images { bytes += [UInt8(ascii: "K"), UInt8(label + 3)] }
    bytes += Array("e".utf8) + text("data") + Array("q\u{6}".utf8)
    bytes += Array("cnumpy.core.multiarray\n_reconstruct\nq\u{7}cnumpy\nndarray\nq\u{8}".utf8)
    bytes += Array("K\u{0}".utf8) + [0x85] + text("b") + [0x87, 0x52]
    bytes += Array("(K\u{1}".utf8) + [UInt8(ascii: "K"), UInt8(images)]
    bytes += [UInt8(ascii: "M"), 0x00, 0x0C, 0x86]
    bytes += Array("cnumpy\ndtype\n".utf8) + text("u1")
    bytes += Array("K\u{0}K\u{1}".utf8) + [0x87, 0x52]
    bytes += Array("(K\u{3}".utf8) + text("|") + Array("NNNJ".utf8) + [0xFF, 0xFF, 0xFF, 0xFF]
    bytes += [UInt8(ascii: "J"), 0xFF, 0xFF, 0xFF, 0xFF, UInt8(ascii: "K"), 0, UInt8(ascii: "t")]
    bytes += [UInt8(ascii: "b"), 0x89, UInt8(ascii: "T")]
    bytes += Deflate.littleEndian(UInt32(images * 3072))
    bytes += (0..<images * 3072).map { UInt8(truncatingIfNeeded: $0 / 32) }
    return bytes + Array("tbu.".utf8)
  }

  /// A short string.
  private static func text(_ text: String) -> [UInt8] {
    [UInt8(ascii: "U"), UInt8(text.utf8.count)] + Array(text.utf8)
  }

  static let pickledCIFAR: FuzzSeed = .archive(
    ["data_batch_1", "data_batch_2", "test_batch"].map {
      ("cifar-10-batches-py/\($0)", pickles[0])
    }
  )

  // MARK: Speech Commands

  /// Clips of 16-bit sound, one with a chunk before the samples.
  static let clips: [[UInt8]] = [
    clip(samples: 400), clip(samples: 100, before: Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0]),
  ]

  private static func clip(samples: Int, before: [UInt8] = []) -> [UInt8] {
    let format: [UInt8] =
      Array("fmt ".utf8) + [16, 0, 0, 0, 1, 0, 1, 0, 0x80, 0x3E, 0, 0, 0, 0x7D, 0, 0, 2, 0, 16, 0]
    let sound = (0..<2 * samples).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let body =
      Array("WAVE".utf8) + format + before + Array("data".utf8)
      + Deflate.littleEndian(UInt32(sound.count)) + sound
    return Array("RIFF".utf8) + Deflate.littleEndian(UInt32(body.count)) + body
  }

  static let speech: FuzzSeed = {
    let sound = clips[0]
    let members = ["yes", "no"].flatMap { word in
      ["a", "b", "c"].map { ("./\(word)/\($0)_nohash_0.wav", sound) }
    }
    return .archive(
      [
        ("./testing_list.txt", Array("yes/a_nohash_0.wav\n".utf8)),
        ("./validation_list.txt", Array("no/a_nohash_0.wav".utf8)),
      ] + members
    )
  }()

  // MARK: Time series

  /// Two channels of eight values, and a target.
  static let series = Array(
    """
    # a comment
    @problemName Tiny
    @timestamps false
    @missing false
    @univariate false
    @dimension 2
    @equalLength true
    @seriesLength 8
    @targetlabel true
    @data
    1,2,3,4,5,6,7,8:0.5,-0.25,1e-3,4.25,0,1,2,3:17.5
    8,7,6,5,4,3,2,1:1,1,1,1,1,1,1,1:21

    """.utf8
  )

  static let bidmc: FuzzSeed = {
    let head = "@problemName BIDMC32HR\n@timestamps false\n@targetlabel true\n@data\n"
    let curve = (0..<4000).map { "\($0 % 9)" }.joined(separator: ",")
    let cases = (0..<4).map { "\(curve):\(curve):\(60 + $0)\n" }.joined()
    return .archive(
      ["TRAIN", "TEST"].map { ("BIDMC32HR_\($0).ts", Array((head + cases).utf8)) }
    )
  }()

  // MARK: Tables

  static let retrieval: FuzzSeed = {
    let rows = (0..<6).map {
      "\($0 % 2).0\tP0\($0)\tQ0\($0)\tb'left \($0) \\xe2\\x80\\x99s'\t\"b\"\"it's right \($0)\"\"\"\n"
    }
    return .archive(
      ["train", "eval", "test"].map {
        ("lra_release/tsv_data/new_aan_pairs.\($0).tsv", Array(rows.joined().utf8))
      }
    )
  }()

  static let table: FuzzSeed = .archive([
    ("mine/all.tsv", Array(("label\ttext\n" + tableRows).utf8))
  ])

  static let tables: FuzzSeed = .archive(
    ["train", "dev", "test"].map { ("mine/\($0).tsv", Array(("label\ttext\n" + tableRows).utf8)) }
  )

  private static let tableRows = (0..<12).map {
    "\(["no", "yes"][$0 % 2])\tA \"text\", caf\u{E9} \u{1D54F} number \($0)\n"
  }.joined()

  static let ownImages: FuzzSeed = .archive(
    [("mine/labels.tsv", Array((0..<10).map { "mine/\($0).png\tclass \($0 % 3)\n" }.joined().utf8))]
      + (0..<10).map { ("mine/\($0).png", images[$0 % 5].valid) }
  )
}
