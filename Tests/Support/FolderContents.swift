public import Foundation

/// Every file under a folder by its path in it.
///
/// - Parameter folder: the folder's path.
/// - Returns: the bytes of each file.
/// - Throws: what reading throws.
public func folderContents(_ folder: String) throws -> [String: Data] {
  var contents: [String: Data] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
    var isFolder: ObjCBool = false
    let path = folder + "/" + name
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
    else { continue }
    contents[name] = try Data(contentsOf: URL(filePath: path))
  }
  return contents
}
