import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Pickles of CIFAR-10 batches, written here opcode by opcode as Python 2 writes them.
struct PickleTests {
  private static func string(_ text: String) -> [UInt8] {
    [UInt8(ascii: "U"), UInt8(text.utf8.count)] + Array(text.utf8)
  }

  private static func long(_ count: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
  }

  private static func integer(_ number: Int) -> [UInt8] {
    number < 256
      ? [UInt8(ascii: "K"), UInt8(number)]
      : [UInt8(ascii: "M"), UInt8(number & 255), UInt8(number >> 8)]
  }

  /// A matrix as NumPy pickles it.
  private static func matrix(
    _ elements: [UInt8],
    rows: Int,
    columns: Int = 3072,
    isColumnMajor: Bool = false,
    type: String = "u1",
    module: String = "numpy.core.multiarray"
  ) -> [UInt8] {
    var bytes = Array("c\(module)\n_reconstruct\nq\u{1}cnumpy\nndarray\nq\u{2}".utf8)
    bytes += integer(0) + [0x85] + string("b") + [0x87] + Array("R(".utf8)
    bytes += integer(1) + integer(rows) + integer(columns) + [0x86]
    bytes += Array("cnumpy\ndtype\nq\u{3}".utf8) + string(type) + integer(0) + integer(1)
    bytes += [0x87] + Array("R(".utf8) + integer(3) + string("|") + Array("NNN".utf8)
    bytes += (0..<2).flatMap { _ in [UInt8(ascii: "J"), 255, 255, 255, 255] } + integer(0)
    bytes += Array("tb".utf8) + [isColumnMajor ? 0x88 : 0x89]
    bytes += [UInt8(ascii: "T")] + long(elements.count) + elements + Array("tb".utf8)
    return bytes
  }

  private static func batch(labels: [UInt8], matrix: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x80, 2] + Array("}q\u{0}(".utf8)
    bytes += string("batch_label") + string("training batch 1 of 5")
    bytes += string("labels") + Array("]q\u{4}(".utf8)
    bytes += labels.flatMap { integer(Int($0)) } + Array("e".utf8)
    bytes += string("data") + matrix
    bytes += string("filenames") + Array("](".utf8) + string("a.png") + string("b.png")
    return bytes + Array("eu.".utf8)
  }

  private static let rows: [[UInt8]] = (0..<2).map { row in
    (0..<3072).map { UInt8(truncatingIfNeeded: $0 * 7 + row * 13) }
  }

  @Test func `a batch gives its labels and rows`() throws {
    let bytes = Self.batch(
      labels: [3, 8],
      matrix: Self.matrix(Self.rows[0] + Self.rows[1], rows: 2)
    )
    let batch = try CIFARPickle(bytes)
    #expect(batch.labels == [3, 8])
    #expect(batch.images.row(0) == Self.rows[0])
    #expect(batch.images.row(1) == Self.rows[1])
  }

  @Test func `Fortran order and NumPy 2's module give the same rows`() throws {
    let columns = zip(Self.rows[0], Self.rows[1]).flatMap { [$0, $1] }
    let matrix = Self.matrix(
      columns,
      rows: 2,
      isColumnMajor: true,
      module: "numpy._core.multiarray"
    )
    let batch = try CIFARPickle(Self.batch(labels: [0, 9], matrix: matrix))
    #expect(batch.images.row(0) == Self.rows[0])
    #expect(batch.images.row(1) == Self.rows[1])
  }

  @Test func `a pickle cut anywhere is refused`() {
    let bytes = Self.batch(
      labels: [3, 8],
      matrix: Self.matrix(Self.rows[0] + Self.rows[1], rows: 2)
    )
    for count in 0..<bytes.count where count < 200 || count % 97 == 0 || count > 6300 {
      #expect(throws: FormatError.self) { try CIFARPickle(Array(bytes[..<count])) }
    }
  }

  @Test(arguments: [
    ("\u{2}cposix\nsystem\n", "the name 'posix.system'"),
    ("\u{2}}U\u{4}dataTabc\u{7F}xx", "where 2 are left"),
    ("\u{3}", "protocol 3"),
    ("\u{2}}}", "second dictionary"),
    ("\u{2}](]e", "a list may hold integers and strings only"),
    ("\u{2}.", "nothing is on the stack"),
    ("\u{2}]].", "no dictionary"),
    ("\u{2}e", "no mark"),
    ("\u{2}K\u{1}R", "something is called that is no name"),
    ("\u{2}h\u{5}", "never remembered"),
    ("\u{2}\u{1}", "opcode 0x1"),
    ("\u{2}Vx\n", "opcode 0x56"),
    ("\u{2}})b", "gets a state that is no array"),
    ("\u{2})tttttt", "no mark"),
    ("\u{2}}.", "there is no 'data'"),
  ])
  func `anything else is refused`(tail: String, message: String) {
    let error = #expect(throws: FormatError.self) { try CIFARPickle([0x80] + Array(tail.utf8)) }
    #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test func `an array of another type, shape or length is refused`() {
    let elements = Self.rows[0]
    for (matrix, message) in [
      (Self.matrix(elements, rows: 1, type: "f8"), "the type 'f8'"),
      (Self.matrix(elements, rows: 2), "a matrix of 2 x 3072 with 3072 bytes"),
      (Self.matrix(elements, rows: 3, columns: 1024), "rows of 3072 bytes"),
      (Self.matrix([], rows: 0), "no images"),
    ] {
      let labels = [UInt8](repeating: 1, count: matrix.count > 4000 ? 0 : 1)
      let error = #expect(throws: FormatError.self) {
        try CIFARPickle(Self.batch(labels: message == "no images" ? [] : labels, matrix: matrix))
      }
      #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }
  }

  @Test func `labels must be digits, one for each image`() {
    let matrix = Self.matrix(Self.rows[0] + Self.rows[1], rows: 2)
    for (labels, message) in [([1, 10], "record 1"), ([1], "not as many")] as [([UInt8], String)] {
      let error = #expect(throws: FormatError.self) {
        try CIFARPickle(Self.batch(labels: labels, matrix: matrix))
      }
      #expect(error.map { "\($0)" }?.contains(message) == true)
    }
  }

  @Test func `bytes changed at random are read or refused, never a crash`() {
    let bytes = Self.batch(
      labels: [3, 8],
      matrix: Self.matrix(Self.rows[0] + Self.rows[1], rows: 2)
    )
    var random = MersenneTwister(seed: 1)
    let interesting = Array(bytes.indices.prefix(230)) + Array(bytes.indices.suffix(40))
    for _ in 0..<3000 {
      var changed = bytes
      for _ in 0..<1 + random.next() % 4 {
        changed[interesting[Int(random.next()) % interesting.count]] =
          UInt8(truncatingIfNeeded: random.next())
      }
      _ = try? CIFARPickle(changed)
    }
  }
}
