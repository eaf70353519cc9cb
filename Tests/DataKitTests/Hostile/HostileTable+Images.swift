/// PNG files and Pathfinder's metadata.
extension HostileTable {
  private static func grey(_ level: @escaping @Sendable (Int, Int) -> Int) -> ExpectedSample {
    ExpectedSample(id: 0, values: .pixels(level))
  }

  static let images: [HostileCase] = [
    refused("png-bad-ihdr-crc.gz", image, "IHDR", "CRC"),
    refused("png-bad-idat-crc.gz", image, "IDAT", "CRC"),
    refused("png-bad-signature.gz", image, "Not a PNG file"),
    refused("png-zero-bytes.gz", image, "the image has zero bytes"),
    refused("png-truncated.gz", image, "ends too early"),
    refused("png-no-iend.gz", image, "ends too early"),
    refused("png-short-data.gz", image, "Not enough image data"),
    refused("png-long-data.gz", image, "more data than the image has rows"),
    refused("png-wrong-size.gz", image, "expected 32 x 32 pixels, found 64 x 64"),
    refused("png-not-square.gz", image, "expected 32 x 32 pixels, found 32 x 31"),
    refused("png-zero-width.gz", image, "IHDR"),
    refused("png-bomb-dimensions.gz", image, "IHDR"),
    refused("png-bomb-idat.gz", image, "more data than the image has rows"),
    tenImages("png-bomb-ztxt.gz"),
    refused("png-16bit.gz", image, "16-bit images are not supported"),
    tenImages(
      "png-palette.gz",
      grey { row, column in
        let level = row == 7 && column < 16 ? 255 : row == 27 && column >= 16 ? 170 : 0
        return (19595 * level + 7471 * (255 - level) + 32768) >> 16
      }
    ),
    refused("png-palette-missing.gz", image, "PLTE"),
    tenImages(
      "png-rgb.gz",
      grey { row, column in (19595 * 8 * column + 38470 * 8 * row + 7471 * 128 + 32768) >> 16 }
    ),
    tenImages("png-grey-alpha.gz", grey { _, column in 8 * column }),
    tenImages(
      "png-1bit.gz",
      grey { _, column in ([0xF0, 0x0F, 0xAA, 0x55][column / 8] >> (7 - column % 8) & 1) * 255 }
    ),
    tenImages("png-interlaced.gz"),
    tenImages("png-all-filters.gz"),
    refused("png-bad-filter.gz", image, "filter"),
    tenImages("png-many-idat.gz"),
    tenImages("png-empty-idat.gz"),
    refused("png-unknown-critical.gz", image, "unhandled critical chunk"),
    tenImages("png-gamma-chunks.gz"),
    tenImages("png-trailing-bytes.gz"),
    refused("png-is-jpeg.gz", image, "Not a PNG file"),
    refused("png-chunk-length-overflow.gz", image),
    tenImages("png-known-empty.gz", skipped: ["members of other levels": 3]),
  ]

  private static func accepted(
    _ file: String,
    _ counts: [Int],
    labels: [Int64],
    skipped: [String: Int] = [:]
  ) -> HostileCase {
    .accepted(
      file,
      "pathfinder32",
      Acceptance(counts: counts, labels: labels, skipped: skipped)
    )
  }

  static let metadata: [HostileCase] = [
    refused("meta-missing-image.gz", "\(table):11: the image imgs/0/sample_10.png is not in the"),
    accepted(
      "meta-image-without-row.gz",
      [9, 0, 0],
      labels: [0, 1, 0, 1, 0, 1, 0, 1, 0],
      skipped: ["images without a metadata row": 1]
    ),
    refused("meta-label-conflict.gz", "\(table):11: label 0", "metadata/0.npy line 4"),
    accepted("meta-duplicate-row.gz", [9, 1, 1], labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1]),
    refused("meta-bad-label.gz", "\(table):10: label '2'"),
    refused("meta-label-not-int.gz", "\(table):10: label 'yes'"),
    refused("meta-short-line.gz", "\(table):10: expected at least 4 columns, found 3"),
    tenImages("meta-no-final-newline.gz"),
    tenImages("meta-crlf.gz"),
    tenImages("meta-blank-lines.gz"),
    tenImages("meta-many-spaces.gz"),
    refused("meta-dotdot.gz", "\(table):10: '../../../../etc/passwd' does not name an image"),
    refused("meta-absolute.gz", "\(table):10: '/etc/passwd' does not name an image"),
    refused("meta-not-utf8.gz", "\(table):10: "),
    refused("meta-nul.gz", "\(table):10: "),
    refused("meta-empty.gz", "\(table): there are no rows"),
    tenImages("meta-last.gz"),
    tenImages("meta-npy-unicode.gz"),
    tenImages("meta-npy-fortran.gz"),
    tenImages("meta-npy-bytes.gz"),
    refused("meta-npy-pickle.gz", "\(table): NumPy array: the type '|O'"),
    refused("meta-npy-huge-shape.gz", "\(table): NumPy array: the shape [1099511627776, 11]"),
    refused("meta-npy-overflow-shape.gz", "\(table): NumPy array: "),
    tenImages("meta-combined-npy.gz", skipped: ["files under metadata that are no <k>.npy": 1]),
    accepted("meta-ten-before-two.gz", [6, 0, 0], labels: [0, 1, 0, 1, 0, 1]),
  ]
}
