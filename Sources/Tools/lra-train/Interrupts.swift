internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGUSR1 as a wish that the training loop asks for; the second of the first two
/// ends at once.
///
/// SIGUSR1 is what mpirun passes on to all its processes, and Slurm can send it before a job's time is
/// up (`--signal=USR1@120`).
enum Interrupts {
  private static let requested = Atomic(false)

  /// Whether a signal has come.
  static var wasRequested: Bool { requested.load(ordering: .relaxed) }

  /// Catches the signals from now on, even when the parent process had them blocked.
  static func install() {
    // A signal that came is not forgotten, nor is the second one caught.
    guard !wasRequested else { return }
    var signals = sigset_t()
    sigemptyset(&signals)
    for name in [SIGINT, SIGTERM, SIGUSR1] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in Interrupts.request() }
      action.sa_flags = SA_RESTART
      if name != SIGUSR1 { action.sa_flags |= Int32(bitPattern: UInt32(SA_RESETHAND)) }
      sigaction(name, &action, nil)
      sigaddset(&signals, name)
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func request() { requested.store(true, ordering: .relaxed) }
}
