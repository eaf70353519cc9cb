import DataKit
import Foundation
import TestSupport
import Testing

/// `build --part` and `merge` as a launcher runs them.
struct PartToolTests {
  private let folder = TemporaryFolder()
  private let program = Program("lra-prep")

  private func run(
    _ line: String,
    environment: [String: String] = [:]
  ) throws -> Program.Result {
    try program.run(
      line.split(separator: " ").map(String.init),
      in: folder.path,
      environment: environment
    )
  }

  private func build(_ further: String, environment: [String: String] = [:]) throws
    -> Program.Result
  {
    try run(
      "build listops --input lists.tar.gz --mask token:0.5 --fractions 0.5 --shard-size 1 --quiet "
        + further,
      environment: environment
    )
  }

  private func generate() throws {
    let result = try run(
      "generate listops --samples 60 --validation-samples 8 --test-samples 8 --minimum-length 10 "
        + "--maximum-length 60 --output lists.tar.gz --quiet"
    )
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try build("--output whole").exitCode == 0)
  }

  @Test(
    arguments: [
      { (index: Int) in ["SLURM_PROCID": "\(index)", "SLURM_NTASKS": "3"] },
      { ["OMPI_COMM_WORLD_RANK": "\($0)", "OMPI_COMM_WORLD_SIZE": "3"] },
      // Under mpirun in a Slurm job every rank sees the daemon's task.
      {
        [
          "OMPI_COMM_WORLD_RANK": "\($0)", "OMPI_COMM_WORLD_SIZE": "3", "SLURM_PROCID": "0",
          "SLURM_NTASKS": "3",
        ]
      },
      // Each task of an array may be a build in parts.
      { ["SLURM_PROCID": "\($0)", "SLURM_NTASKS": "3", "SLURM_ARRAY_TASK_ID": "7"] },
    ] as [@Sendable (Int) -> [String: String]]
  )
  func `the launcher's rank is the part`(
    environment: @Sendable (Int) -> [String: String]
  ) throws {
    try generate()
    for index in 0..<3 {
      let result = try build("--output shared --part auto", environment: environment(index))
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(try fileNames(in: folder.file("shared")).contains("part-\(index)-of-3.json"))
    }
    let merge = try run("merge shared --output shared")
    #expect(merge.exitCode == 0, "\(merge.errors)")
    #expect(try folderContents(folder.file("shared")) == folderContents(folder.file("whole")))
  }

  @Test(arguments: [
    (["SLURM_PROCID": "1"], "neither SLURM_PROCID and SLURM_NTASKS nor OMPI_COMM_WORLD_RANK"),
    (
      ["SLURM_PROCID": "0", "SLURM_NTASKS": "1", "SLURM_ARRAY_TASK_ID": "2"],
      "the processes of an array job are no shares of one build"
    ),
    (["SLURM_PROCID": "4", "SLURM_NTASKS": "4"], "not '4/4'"),
    (["SLURM_PROCID": "x", "SLURM_NTASKS": "4"], "not 'x/4'"),
  ])
  func `an environment without a part is refused`(
    environment: [String: String],
    sentence: String
  ) throws {
    let result = try build("--output out --part auto", environment: environment)
    #expect(result.exitCode == 64)
    #expect(result.errors.contains(sentence), "\(result.errors)")
  }

  @Test(arguments: ["4/4", "-1/4", "1", "1/2/3", "0/0", "0/65537", "0/99999999999999999999", "a/b"])
  func `an impossible part is refused`(part: String) throws {
    let result = try build("--output out --part=\(part)")
    #expect(result.exitCode == 64)
    #expect(result.errors.contains("--part must be INDEX/COUNT with 0 <= INDEX < COUNT"))
  }

  @Test func `a merge without all parts is one sentence and a hint`() throws {
    try generate()
    #expect(try build("--output part --part 1/3").exitCode == 0)
    let result = try run("merge part --output merged --quiet")
    #expect(result.exitCode == 1)
    #expect(
      result.errors == """
        error: merged: of 3 parts these are missing: 0, 2
        hint: prepare what is missing with --part INDEX/3, or name its folder

        """
    )
  }
}
