/// ListOps and retrieval.
extension HostileTable {
  private static let listOpsTrain = ":lra_release/lra_release/listops-1000/basic_train.tsv:"

  private static func listOps(_ file: String, _ parts: String...) -> HostileCase {
    HostileCase(file: file, task: "listops", outcome: .refused(parts))
  }

  /// The sound archive's samples.
  private static func sameListOps(_ file: String) -> HostileCase {
    .accepted(file, "listops", Acceptance(counts: [6, 6, 6], like: "listops-ok.gz"))
  }

  private static func listOps(
    _ file: String,
    _ counts: [Int],
    _ samples: ExpectedSample...
  ) -> HostileCase {
    .accepted(file, "listops", Acceptance(counts: counts, samples: samples))
  }

  static let listOps: [HostileCase] = [
    .accepted(
      "listops-ok.gz",
      "listops",
      Acceptance(
        counts: [6, 6, 6],
        samples: [ExpectedSample(id: 3, values: .tokens(["[MAX", "3", "9", "X", "<eos>"]))],
        labels: [0, 3, 6, 9, 4, 5, 0, 3, 6, 9, 4, 5, 0, 3, 6, 9, 4, 5]
      )
    ),
    sameListOps("listops-lf.gz"),
    listOps("listops-cr.gz", "\(listOpsTrain)1: a carriage return stands inside the line"),
    sameListOps("listops-no-final-newline.gz"),
    sameListOps("listops-bom.gz"),
    listOps("listops-no-header.gz", "\(listOpsTrain)1: the header must name the columns"),
    .accepted(
      "listops-swapped-columns.gz",
      "listops",
      Acceptance(
        counts: [1, 6, 6],
        samples: [ExpectedSample(id: 0, values: .tokens(["[MAX", "3", "X", "<eos>"]))],
        labels: [3, 0, 3, 6, 9, 4, 5, 0, 3, 6, 9, 4, 5]
      )
    ),
    listOps("listops-missing-column.gz", "\(listOpsTrain)8: expected 2 tab-separated fields"),
    listOps("listops-extra-column.gz", "\(listOpsTrain)8: expected 2 tab-separated fields"),
    listOps("listops-bad-label.gz", "\(listOpsTrain)8: label 'x'"),
    listOps("listops-label-range.gz", "\(listOpsTrain)8: label '10', expected 0 to 9"),
    listOps("listops-label-float.gz", "\(listOpsTrain)8: label '1.0'"),
    listOps("listops-empty-source.gz", "\(listOpsTrain)8: Source"),
    listOps("listops-nul.gz", "\(listOpsTrain)8: the line holds a NUL byte"),
    listOps("listops-not-utf8.gz", "\(listOpsTrain)8: Source: byte 0xff"),
    listOps(
      "listops-quoted.gz",
      [7, 6, 6],
      ExpectedSample(id: 6, values: .tokens(["[MAX", "1", "X", "<eos>"]))
    ),
    listOps(
      "listops-ten-megabyte-line.gz",
      [7, 6, 6],
      ExpectedSample(id: 6, values: .tokens(["[MAX", "1", "X", "<eos>"]))
    ),
    listOps(
      "listops-too-long.gz",
      [7, 6, 6],
      ExpectedSample(
        id: 6,
        values: .tokens(["[MAX"] + Array(repeating: "1", count: 2046) + ["<eos>"])
      )
    ),
    listOps("listops-header-only.gz", listOpsTrain.dropLast() + ": there are no rows"),
    listOps("listops-empty.gz", listOpsTrain.dropLast() + ": the file is empty"),
    listOps("listops-no-val.gz", "the member listops-1000/basic_val.tsv is missing"),
    listOps(
      "listops-unseen-token.gz",
      [6, 6, 7],
      ExpectedSample(id: 18, values: .tokens(["<unk>", "1", "X", "<eos>"]))
    ),
  ]

  private static let pairsTrain = ":lra_release/lra_release/tsv_data/new_aan_pairs.train.tsv:"

  private static func pairs(_ file: String, _ parts: String...) -> HostileCase {
    HostileCase(file: file, task: "retrieval", outcome: .refused(parts))
  }

  /// Seven pairs, the last with the given first and second text.
  private static func sevenPairs(_ file: String, _ first: String, _ second: String) -> HostileCase {
    let samples = [first, second].enumerated().map { sequence, text in
      ExpectedSample(
        id: 6,
        sequence: sequence,
        values: .tokens(text.unicodeScalars.map { String($0) } + ["<eos>"])
      )
    }
    return .accepted(file, "retrieval", Acceptance(counts: [7, 6, 6], samples: samples))
  }

  static let retrieval: [HostileCase] = [
    .accepted(
      "aan-ok.gz",
      "retrieval",
      Acceptance(
        counts: [6, 6, 6],
        samples: [
          ExpectedSample(
            id: 1,
            values: .tokens("b'left text 1 \\xe2\\x80\\x99s'".map { "\($0)" } + ["<eos>"])
          ),
          ExpectedSample(
            id: 1,
            sequence: 1,
            values: .tokens("b\"it's right 1\"".map { "\($0)" } + ["<eos>"])
          ),
        ],
        labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
      )
    ),
    pairs("aan-three-columns.gz", "\(pairsTrain)1: ", "two ids but no texts"),
    pairs("aan-missing-column.gz", "\(pairsTrain)7: expected 5 tab-separated fields, found 4"),
    pairs("aan-extra-tab.gz", "\(pairsTrain)7: expected 5 tab-separated fields, found 6"),
    pairs("aan-bad-label.gz", "\(pairsTrain)7: label 'maybe'"),
    pairs("aan-label-range.gz", "\(pairsTrain)7: label '2.0'"),
    pairs("aan-label-nan.gz", "\(pairsTrain)7: label 'nan'"),
    sevenPairs("aan-label-int.gz", "b'a'", "b'c'"),
    pairs("aan-empty-text.gz", "\(pairsTrain)7: the first text is empty"),
    sevenPairs("aan-null-word.gz", "NA", "null"),
    sevenPairs("aan-leading-quote.gz", "b'a \"x\"'", "b'c'"),
    sevenPairs("aan-raw-utf8.gz", "caf\u{E9} \u{1D54F} e\u{301}", "b'c'"),
    .accepted("aan-crlf.gz", "retrieval", Acceptance(counts: [6, 6, 6], like: "aan-ok.gz")),
    pairs("aan-nul.gz", "\(pairsTrain)7: the line holds a NUL byte"),
    pairs("aan-not-utf8.gz", "\(pairsTrain)7: the first text: byte 0x", "is not UTF-8"),
    .accepted(
      "aan-ten-megabyte-line.gz",
      "retrieval",
      Acceptance(counts: [7, 6, 6], samples: [ExpectedSample(id: 6, values: .count(4000))])
    ),
  ]
}
