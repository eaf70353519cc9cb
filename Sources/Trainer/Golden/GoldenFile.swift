internal import DataKit
internal import Glibc

/// A file of exact results: a small network, operators, or steps of data preparation.
///
/// The format is that of the safetensors files whose metadata entry `config` says what was computed:
/// its `kind` is `model`, `op` or `data`, its `case` the name. See docs/golden-files.md.
public struct GoldenFile {
  private struct Header: Decodable {
    var kind: String
    var `case`: String
  }

  private let file: SafetensorsFile
  private let header: Header

  /// Opens a golden file.
  ///
  /// - Throws: ``SafetensorsError`` when it is damaged, ``GoldenError`` when it is none.
  public init(path: String) throws {
    do {
      if Self.isForeign(path) {
        throw GoldenError(path, "not a safetensors file, expected a golden file in that format")
      }
      file = try SafetensorsFile(path: path)
    } catch let error as FileError where error.code == EISDIR {
      throw GoldenError(path, "a folder, expected golden files, such as \(path)/*.safetensors")
    }
    header = try Self.decode(Header.self, of: file)
  }

  /// Whether a file begins as no safetensors file does: with the length of the header and its brace.
  private static func isForeign(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: 9)
    guard pread(descriptor, &start, start.count, 0) == start.count else { return false }
    let length = start[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return length > UInt64(SafetensorsFile.headerLimit) || start[8] != UInt8(ascii: "{")
  }

  /// What the `config` entry of a file's metadata says.
  static func decode<Value: Decodable>(_ type: Value.Type, of file: SafetensorsFile) throws -> Value
  {
    guard let config = file.metadata["config"] else {
      throw GoldenError(file.path, "not a golden file, expected 'config' in its metadata")
    }
    do {
      return try JSON.decode(type, from: Array(config.utf8), snakeCase: true)
    } catch {
      throw GoldenError(file.path, "'config' is unusable: \(JSON.explanation(of: error))")
    }
  }

  /// Computes everything that the file holds and compares.
  ///
  /// - Parameter pool: the threads to compute with.
  /// - Returns: every comparison.
  /// - Throws: ``GoldenError`` when the file describes what this build does not have, or tensors do
  ///   not fit its description.
  public func check(_ pool: WorkerPool) throws -> GoldenReport {
    let record = GoldenRecord(file, pool)
    switch header.kind {
    case "model": try GoldenModel(file).check(record)
    case "op", "data": try GoldenOperators(name: header.case, record: record).check()
    default:
      throw GoldenError(file.path, "the kind is '\(header.kind)', expected model, op or data")
    }
    return GoldenReport(
      name: header.case,
      comparisons: record.comparisons,
      unused: record.unused,
      unlimited: record.unlimited
    )
  }
}
