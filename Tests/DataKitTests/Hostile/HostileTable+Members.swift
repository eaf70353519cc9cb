/// Reviews, CIFAR-10 and Speech Commands: a sample a member, or many.
extension HostileTable {
  private static let review = ":aclImdb/train/neg/3_1.txt: "

  private static func text(_ file: String, _ parts: String...) -> HostileCase {
    HostileCase(file: file, task: "text", outcome: .refused(parts))
  }

  /// The sound archive's reviews and one more, of so many tokens.
  private static func sevenReviews(_ file: String, last count: Int) -> HostileCase {
    .accepted(
      file,
      "text",
      Acceptance(
        counts: [7, 0, 6],
        samples: [ExpectedSample(id: 6, values: .count(count))],
        labels: [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1]
      )
    )
  }

  private static func sameReviews(_ file: String, skipped: [String: Int]) -> HostileCase {
    .accepted(
      file,
      "text",
      Acceptance(counts: [6, 0, 6], like: "imdb-ok.tar.gz", skipped: skipped)
    )
  }

  static let text: [HostileCase] = [
    .accepted(
      "imdb-ok.tar.gz",
      "text",
      Acceptance(counts: [6, 0, 6], labels: [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    ),
    text("imdb-not-utf8.tar.gz", review, "is not UTF-8"),
    text("imdb-utf8-surrogate.tar.gz", review, "is not UTF-8"),
    text("imdb-utf8-overlong.tar.gz", review, "is not UTF-8"),
    sevenReviews("imdb-empty-review.tar.gz", last: 1),
    sevenReviews("imdb-nul.tar.gz", last: 4),
    sevenReviews("imdb-crlf.tar.gz", last: 9),
    sevenReviews("imdb-bom.tar.gz", last: 4),
    sameReviews(
      "imdb-unsup.tar.gz",
      skipped: ["members of no task asked for": 2, "unlabelled reviews (unsup)": 1]
    ),
    sameReviews(
      "imdb-odd-names.tar.gz",
      skipped: [
        "AppleDouble files (._*)": 1, "files that are not labelled reviews": 2,
        "members of no task asked for": 1,
      ]
    ),
    sevenReviews("imdb-duplicate-id.tar.gz", last: 22),
    sevenReviews("imdb-long.tar.gz", last: 4096),
    text("imdb-no-test.tar.gz", "there are no reviews under test/"),
  ]

  private static let batch = ":cifar-10-batches-bin/data_batch_1.bin: "
  private static let pickle = ":cifar-10-batches-py/data_batch_1: "

  private static func cifar(_ file: String, _ parts: String...) -> HostileCase {
    HostileCase(file: file, task: "image", outcome: .refused(parts))
  }

  static let cifar: [HostileCase] = [
    .accepted("cifar-ok.tar.gz", "image", Acceptance(counts: [18, 2, 4])),
    cifar("cifar-short-record.tar.gz", batch, "12291 bytes"),
    cifar("cifar-bad-label.tar.gz", batch, "record 0", "label 10"),
    cifar("cifar-no-test.tar.gz", "test_batch", "is missing"),
    cifar("cifar-missing-batch.tar.gz", "data_batch_3", "is missing"),
    cifar("cifar-pickle-code.tar.gz", pickle, "posix"),
    cifar("cifar-pickle-lying-length.tar.gz", pickle, "2147483647"),
  ]

  private static let clip = ":./yes/a_nohash_0.wav: "

  private static func speech(_ file: String, _ parts: String...) -> HostileCase {
    HostileCase(file: file, task: "speech", outcome: .refused(parts))
  }

  /// Five clips: in canonical order no/b, no/c, yes/a, yes/b and yes/c.
  private static func fiveClips(
    _ file: String,
    skipped: [String: Int] = [:],
    _ samples: ExpectedSample...
  ) -> HostileCase {
    .accepted(
      file,
      "speech",
      Acceptance(counts: [3, 1, 1], like: "sc-ok.tar.gz", samples: samples, skipped: skipped)
    )
  }

  static let speech: [HostileCase] = [
    .accepted("sc-ok.tar.gz", "speech", Acceptance(counts: [3, 1, 1])),
    fiveClips(
      "sc-short.tar.gz",
      ExpectedSample(id: 2, values: .silentAfter(9000))
    ),
    fiveClips("sc-long.tar.gz"),
    speech("sc-zero-samples.tar.gz", clip, "there are no samples"),
    speech("sc-stereo.tar.gz", clip, "2 channels"),
    speech("sc-8bit.tar.gz", clip, "8 bits"),
    speech("sc-44100.tar.gz", clip, "44100 Hz"),
    speech("sc-float.tar.gz", clip, "format code 3"),
    speech("sc-data-overrun.tar.gz", clip, "claims 2147483632 bytes"),
    fiveClips("sc-extra-chunk.tar.gz"),
    speech("sc-not-riff.tar.gz", clip, "not a WAV file"),
    .accepted("sc-both-lists.tar.gz", "speech", Acceptance(counts: [4, 1, 0])),
    fiveClips(
      "sc-list-missing-file.tar.gz",
      skipped: ["listed clips that are not in the archive": 1]
    ),
    .accepted("sc-lists-last.tar.gz", "speech", Acceptance(counts: [1, 1, 1])),
    fiveClips(
      "sc-background.tar.gz",
      skipped: ["background noise": 1, "members of no task asked for": 1]
    ),
  ]
}
