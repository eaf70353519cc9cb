import Foundation
import TestSupport
import Testing

@testable import DataKit

struct SafetensorsTests {
  private let folder = TemporaryFolder()

  private func write(header: String, data: [UInt8] = []) throws -> String {
    let path = folder.file("case.safetensors")
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) }
    try Data(length + Array(header.utf8) + data).write(to: URL(filePath: path))
    return path
  }

  @Test func `what is written is read back, aligned and without holes`() throws {
    let path = folder.file("round-trip.safetensors")
    let values: [Float] = [1, -2.5, .pi]
    let digest = try SafetensorsWriter.write(
      [
        TensorData(name: "a", shape: [3], elements: values),
        TensorData(name: "empty", shape: [0, 4], elements: [Int64]()),
        TensorData(name: "b", shape: [2, 1], elements: [Int64(-1), 1 << 40]),
      ],
      metadata: ["k": "v \"quoted\""],
      to: path
    )
    let file = try SafetensorsFile(path: path)
    #expect(try file.elements(of: "a", as: Float.self) == values)
    #expect(try file.elements(of: "b", as: Int64.self) == [-1, 1 << 40])
    #expect(try file.description(of: "empty").shape == [0, 4])
    #expect(file.metadata == ["k": "v \"quoted\""])
    for name in ["a", "b"] {
      #expect(file.fileOffset(of: try file.description(of: name)) % 4096 == 0)
    }
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect(bytes.count == digest.byteCount)
    #expect(bytes.withUnsafeBytes { SHA256Digester.digest($0) } == digest.sha256)
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
  }

  @Test(arguments: [
    ("[]", 0, "not the JSON of a safetensors file"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "not the JSON of a safetensors file"),
    (#"{"a":{"dtype":"Q7","shape":[1],"data_offsets":[0,4]}}"#, 4, "unsupported type 'Q7'"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 4, "outside the 4 bytes"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "needs 8 bytes"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "impossible shape"),
    (
      #"{"a":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4,
      "impossible shape"
    ),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, "starts at 1, expected 0"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 2, "cover 1 of 2 bytes"),
  ])
  func `a header that breaks a rule is refused`(
    header: String,
    dataCount: Int,
    reason: String
  ) throws {
    let path = try write(header: header, data: [UInt8](repeating: 0, count: dataCount))
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "no error")")
  }

  @Test func `a file cut at any byte is refused`() throws {
    let path = folder.file("whole.safetensors")
    try SafetensorsWriter.write(
      [TensorData(name: "a", shape: [3], elements: [Float](repeating: 1, count: 3))],
      metadata: [:],
      to: path
    )
    let whole = try Data(contentsOf: URL(filePath: path))
    for count in [0, 1, 7, 8, 9, 100, 4095, 4096, 4100, whole.count - 1] {
      let cut = folder.file("cut.safetensors")
      try whole.prefix(count).write(to: URL(filePath: cut))
      #expect(throws: (any Error).self, "\(count) bytes") { try SafetensorsFile(path: cut) }
    }
  }
}
