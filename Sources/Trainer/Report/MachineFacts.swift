/// On what and when runs were made, as their summaries say.
struct MachineFacts {
  private let machines: [RunMachine]
  private let count: Int

  init(_ runs: [RunRecord]) {
    machines = runs.compactMap { $0.summary?.machine }
    count = runs.count { $0.summary != nil }
  }

  /// "AMD EPYC, 2 cores, 2 threads; ended 2026-11-29".
  var sentence: String {
    guard !machines.isEmpty else {
      return count == 0 ? "" : "processor, threads and date were not recorded by these runs"
    }
    var seen: Set<String> = []
    let kinds = machines.map { machine in
      (machine.processor ?? "a processor without a name")
        + ", " + NumberText.count(machine.cores, "core")
        + ", " + NumberText.count(machine.threads, "thread")
    }.filter { seen.insert($0).inserted }
    let days = machines.map { String($0.ended.prefix(10)) }.sorted()
    let first = days.first ?? ""
    let last = days.last ?? ""
    let missing = count - machines.count
    return kinds.joined(separator: "; ") + "; runs ended on "
      + (first == last ? first : "\(first) to \(last)")
      + (missing == 0 ? "" : " (not recorded by \(missing) of \(count))")
  }
}
