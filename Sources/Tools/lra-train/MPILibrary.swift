internal import Foundation
internal import Trainer

/// The functions of `Sources/MPI/lra_mpi.c`, which `make mpi` compiles for the MPI of a machine.
struct MPILibrary {
  typealias Number = UnsafeMutablePointer<Int32>

  let start: @convention(c) (Number, Number, Number) -> Int32
  let sumFloats: @convention(c) (UnsafeMutablePointer<Float>?, Int) -> Void
  let sumDoubles: @convention(c) (UnsafeMutablePointer<Double>?, Int) -> Void
  let broadcast: @convention(c) (UnsafeMutableRawPointer?, Int, Int32) -> Void
  let finish: @convention(c) () -> Void
  let abort: @convention(c) (Int32) -> Void

  private static let name = "liblra-mpi.so"
  private static let interface: Int32 = 2

  /// Opens the library.
  ///
  /// - Throws: ``RunError`` when it is not there or cannot be used.
  init() throws {
    let path = try Self.path()
    // Open MPI's own plug-ins look for its symbols among the global ones.
    guard let handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "it cannot be opened"
      throw RunError(path, reason, hint: "run 'make mpi' where the MPI to use is installed")
    }
    func function<Function>(_ name: String, _: Function.Type) throws -> Function {
      guard let symbol = dlsym(handle, "lra_mpi_" + name) else {
        throw RunError(path, "it has no function lra_mpi_\(name)", hint: "run 'make mpi' again")
      }
      return unsafeBitCast(symbol, to: Function.self)
    }
    let version = try function("interface", (@convention(c) () -> Int32).self)()
    guard version == Self.interface else {
      throw RunError(
        path,
        "it has interface \(version), this program needs \(Self.interface)",
        hint: "run 'make mpi' again"
      )
    }
    start = try function("start", (@convention(c) (Number, Number, Number) -> Int32).self)
    sumFloats = try function(
      "sum_floats",
      (@convention(c) (UnsafeMutablePointer<Float>?, Int) -> Void).self
    )
    sumDoubles = try function(
      "sum_doubles",
      (@convention(c) (UnsafeMutablePointer<Double>?, Int) -> Void).self
    )
    broadcast = try function(
      "broadcast",
      (@convention(c) (UnsafeMutableRawPointer?, Int, Int32) -> Void).self
    )
    finish = try function("finish", (@convention(c) () -> Void).self)
    abort = try function("abort", (@convention(c) (Int32) -> Void).self)
  }

  /// Where the library is: as LRA_MPI says, beside the program, or where `make install` puts it.
  private static func path() throws -> String {
    if let path = ProcessInfo.processInfo.environment["LRA_MPI"] { return path }
    let folder = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
      .resolvingSymlinksInPath().deletingLastPathComponent()
    let places = [
      folder.appendingPathComponent(name),
      folder.deletingLastPathComponent().appendingPathComponent("lib/long-range-arena/" + name),
    ].map(\.path)
    guard let found = places.first(where: { access($0, R_OK) == 0 }) else {
      throw RunError(
        name,
        "it is needed to train on several ranks and is neither \(places.joined(separator: " nor "))",
        hint: "'make mpi' builds it; '--mpi off' trains each process alone"
      )
    }
    return found
  }
}
