internal import Glibc

/// The exit codes of both programs; wrong usage exits 64 by the argument parser itself.
public enum ExitStatus {
  /// The world failed: bad input, a full disk, a missing file.
  public static let failure: Int32 = 1
  /// An interrupt was obeyed after a checkpoint was saved.
  public static let interrupted: Int32 = 130
}
