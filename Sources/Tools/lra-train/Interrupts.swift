internal import Glibc
internal import Synchronization

/// SIGINT and SIGTERM as a wish that the training loop asks for; the second one ends at once.
enum Interrupts {
  private static let requested = Atomic(false)

  /// Whether a signal has come.
  static var wasRequested: Bool { requested.load(ordering: .relaxed) }

  /// Catches both signals from now on, even when the parent process had them blocked.
  static func install() {
    _ = wasRequested
    var signals = sigset_t()
    sigemptyset(&signals)
    for name in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in Interrupts.request() }
      action.sa_flags = SA_RESTART | Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(name, &action, nil)
      sigaddset(&signals, name)
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func request() { requested.store(true, ordering: .relaxed) }
}
