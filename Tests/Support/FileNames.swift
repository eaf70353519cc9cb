internal import Foundation

/// The names of the files in a folder, sorted.
///
/// - Parameter folder: the folder's path.
/// - Returns: the names without the path.
/// - Throws: what reading the folder throws.
public func fileNames(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}
