/// What each hostile archive must come to; where its list leaves a choice, this is ours
/// (docs/robustness.md).
enum HostileTable {
  static let level = "lra_release/lra_release/pathfinder32/curv_contour_length_14"
  static let image = ":\(level)/imgs/0/sample_0.png: "
  static let table = ":\(level)/metadata/0.npy"

  /// The data set of the sound archive, but for the samples given.
  static func tenImages(
    _ file: String,
    skipped: [String: Int] = [:],
    _ samples: ExpectedSample...
  ) -> HostileCase {
    let acceptance = Acceptance(
      counts: [8, 1, 1],
      like: "ok-baseline.gz",
      samples: samples,
      skipped: skipped
    )
    return .accepted(file, "pathfinder32", acceptance)
  }

  /// An archive that is refused, whatever the task.
  static func refused(_ file: String, _ parts: String...) -> HostileCase {
    HostileCase(file: file, task: "pathfinder32", outcome: .refused(parts))
  }

  private static let special = ["links, devices and other special members": 1]
  private static let foreign = ["members of no task asked for": 1]
  private static let unsafe = ["members with unsafe names": 1]
  private static let copies = ["earlier copies of images that stand in the archive twice": 1]

  /// gzip and tar.
  static let framing: [HostileCase] = [
    .accepted(
      "ok-baseline.gz",
      "pathfinder32",
      Acceptance(counts: [8, 1, 1], labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    ),
    refused("gz-truncated-mid-member.gz", "truncated", "after the member '\(level)/imgs/0/"),
    refused("gz-no-trailer.gz", "truncated"),
    refused("gz-bad-crc.gz", "gzip", "checksum"),
    refused("gz-flipped-bit.gz", "gzip", "checksum"),
    tenImages("gz-two-members.gz"),
    tenImages("gz-trailing-garbage.gz", skipped: ["bytes after the archive's end": 1]),
    tenImages("gz-trailing-zeros.gz"),
    refused("gz-html-error-page.gz", "not a tar archive", "gzip"),
    refused("gz-empty.gz", "the archive is empty"),
    refused("gz-of-nothing.gz", "there are no members"),
    tenImages("gz-plain-tar.gz"),
    refused("gz-bomb.gz", "\(table): the member has 67108864 bytes or more, the limit is 16777216"),
    tenImages("tar-no-end-blocks.gz"),
    refused("tar-cut-in-header.gz", "sample_0.png", "truncated", "at byte 1636 of"),
    refused(
      "tar-cut-in-data.gz",
      "truncated",
      "at byte 10564 of",
      "after the member '\(level)/imgs/0/sample_8.png'"
    ),
    refused("tar-bad-checksum.gz", "not a tar archive", "at byte 0 of the tar"),
    refused("tar-junk-block.gz", "after the member '\(level)/metadata/0.npy'", "at byte 1024 of"),
    tenImages("tar-dotdot.gz", skipped: unsafe),
    tenImages("tar-dotdot-middle.gz", skipped: unsafe),
    tenImages("tar-absolute.gz", skipped: foreign),
    refused("tar-symlink.gz", "\(table):4: the image imgs/0/sample_3.png is not in the archive"),
    tenImages("tar-symlink-dir.gz", skipped: special),
    refused("tar-hardlink.gz", "\(table):4: the image imgs/0/sample_3.png is not in the archive"),
    refused(
      "tar-hardlink-missing.gz",
      "\(table):4: the image imgs/0/sample_3.png is not in the archive"
    ),
    tenImages("tar-chardev.gz", skipped: special),
    tenImages("tar-blockdev.gz", skipped: special),
    tenImages("tar-fifo.gz", skipped: special),
    tenImages("tar-unknown-type.gz", skipped: special),
    refused("tar-huge-size-octal.gz", "/metadata/1.npy: the member has 8589934591 bytes"),
    refused(
      "tar-huge-size-base256.gz",
      "/metadata/1.npy: the member has 4611686018427387904 bytes"
    ),
    refused("tar-negative-size.gz", "no valid size", "at byte 0 of the tar"),
    refused("tar-size-not-octal.gz", "no valid size", "at byte 0 of the tar"),
    tenImages(
      "tar-duplicate-member.gz",
      skipped: copies,
      ExpectedSample(
        id: 3,
        values: .pixels { row, column in
          row == 16 && column < 16 ? 255 : row == 18 && column >= 16 ? 170 : 0
        }
      )
    ),
    tenImages("tar-duplicate-identical.gz", skipped: copies),
    tenImages("tar-gnu-longname.gz", skipped: ["files of no Pathfinder level": 1]),
    refused(
      "tar-gnu-longname-huge.gz",
      "2147484159 bytes, the limit is 65536, at byte 0 of the tar"
    ),
    tenImages("tar-pax-path.gz"),
    tenImages("tar-pax-size.gz"),
    refused("tar-pax-bad-length.gz", "a pax header record is damaged", "at byte 512 of the tar"),
    tenImages("tar-name-not-utf8.gz", skipped: foreign),
    tenImages("tar-name-control-chars.gz", skipped: foreign),
    tenImages("tar-dot-slash.gz"),
    tenImages("tar-single-folder.gz"),
    tenImages(
      "tar-appledouble.gz",
      skipped: ["AppleDouble files (._*)": 2, "files of no Pathfinder level": 1]
    ),
  ]
}
