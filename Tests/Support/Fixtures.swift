internal import Glibc

/// Where the tests find their files.
public enum Fixtures {
  /// The repository's root, with a trailing slash.
  public static let root = String(#filePath.dropLast("Tests/Support/Fixtures.swift".count))

  /// The path of a file under `fixtures/`.
  public static func path(_ name: String) -> String { root + "fixtures/" + name }

  /// The folder of the published archives, or nil when the machine has none.
  ///
  /// Set `LRA_TEST_DATA` to a folder that holds them, or put it beside the checkout as
  /// `shared/data`.
  public static let archives: String? = {
    let named = getenv("LRA_TEST_DATA").map { String(cString: $0) }
    let folder = named ?? root + "../shared/data"
    return access(folder + "/lra_release.gz", R_OK) == 0 ? folder : nil
  }()

  /// ``archives``, if the folder holds the hostile ones as well.
  public static let hostile: String? = archives.flatMap {
    access($0 + "/hostile/ok-baseline.gz", R_OK) == 0 ? $0 : nil
  }
}
