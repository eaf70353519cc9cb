import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct EventFileTests {
  @Test func `the checksum is CRC-32C`() {
    // The check value of the algorithm's catalogue entry, and TFRecord's mask of it.
    #expect(EventFile.crc32c(Array("123456789".utf8)) == 0xE306_9283)
    #expect(EventFile.crc32c([]) == 0)
    #expect(EventFile.maskedCRC(Array("123456789".utf8)) == 0xC78A_B0E5 as UInt32)
  }

  @Test func `records can be read back`() throws {
    let harness = try TrainingHarness(.pixels)
    _ = try harness.start(harness.configuration(), "run").run()
    let records = try eventRecords(in: harness.path("run"))
    #expect(records.count == 2 + (try harness.metrics("run").count))
    #expect(contains(records[0], "brain.Event:2"))
    #expect(contains(records[1], "configuration") && contains(records[1], "\"batchSize\" : 4"))
    let steps = try harness.metrics("run").filter { $0.event == "step" }
    let found = records.filter { contains($0, "train/loss") }
    #expect(found.count == steps.count)
    for (record, line) in zip(found, steps) {
      // After the tag: field 2 of wire type 5, then the float.
      let tag = Array("train/loss".utf8)
      let start = try #require(position(of: tag, in: record)) + tag.count
      #expect(record[start] == 0x15)
      let bits = (1...4).reduce(UInt32(0)) {
        $0 | UInt32(record[start + $1]) << UInt32(8 * ($1 - 1))
      }
      #expect(Float(bitPattern: bits) == Float(try #require(line.loss)))
    }
  }

  @Test func `masked pretraining on images leaves pictures`() throws {
    let harness = try TrainingHarness(.pixels)
    _ = try harness.start(harness.configuration(.pretrain, Objective(.masked)), "run").run()
    let records = try eventRecords(in: harness.path("run"))
    let pictures = records.filter { contains($0, "reconstruction/0") }
    #expect(!pictures.isEmpty)
    let first = try #require(pictures.first)
    #expect(contains(first, "reconstruction/3") && !contains(first, "reconstruction/4"))
    // Field 4 of a value: the image of 4 rows, 14 columns, 1 channel, and then its PNG.
    let head: [UInt8] = [0x08, 4, 0x10, 14, 0x18, 1, 0x22]
    let start = try #require(position(of: head, in: first)) + head.count
    // Behind the length, a varint of one or two bytes.
    let png = try #require(position(of: [0x89, 0x50, 0x4E, 0x47], in: first))
    #expect((1...2).contains(png - start))
    _ = try harness.start(harness.configuration(), "tuned").run()
    #expect(
      try !eventRecords(in: harness.path("tuned")).contains { contains($0, "reconstruction") }
    )
  }

  private func position(of part: [UInt8], in record: [UInt8]) -> Int? {
    record.indices.first { record[$0...].starts(with: part) }
  }

  private func contains(_ record: [UInt8], _ text: String) -> Bool {
    position(of: Array(text.utf8), in: record) != nil
  }

  private func eventRecords(in folder: String) throws -> [[UInt8]] {
    let name = try #require(try fileNames(in: folder).first { $0.hasPrefix("events.out") })
    var bytes = try readFile(folder + "/" + name)[...]
    func number(_ count: Int) -> Int {
      defer { bytes = bytes.dropFirst(count) }
      return bytes.prefix(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    var records: [[UInt8]] = []
    while !bytes.isEmpty {
      let header = Array(bytes.prefix(8))
      let count = number(8)
      #expect(number(4) == Int(EventFile.maskedCRC(header)))
      let record = Array(bytes.prefix(count))
      bytes = bytes.dropFirst(count)
      #expect(number(4) == Int(EventFile.maskedCRC(record)))
      records.append(record)
    }
    return records
  }
}
