internal import ArgumentParser
internal import Trainer

struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a network to restore masked inputs, or to predict the next one.",
    discussion: """
      Epoch k uses mask variant k, from disk or computed. The validation loss always \
      uses variant 0, so that it can be compared from epoch to epoch. Padding is never \
      a target.

      Examples:
        lra-train pretrain --data data/listops --preset demo-listops --run a
        lra-train pretrain --data data/image --objective causal --epochs 5
        lra-train pretrain --data data/text --preset pythia-70m-text --from pythia-70m
        lra-train pretrain --run a --resume
        ssh host lra-prep send data/text | lra-train pretrain --data - --run c
      """
  )

  /// The objectives of pretraining.
  enum Target: String, ExpressibleByArgument, CaseIterable {
    case masked
    case causal
  }

  @Option(
    help: "The data set's folder; - receives one from standard input into the run's folder."
  )
  var data: String?

  @Option(
    help: """
      Weights to go on from instead of fresh ones, as 'finetune --from' reads them: layers are \
      taken over, the head is not.
      """
  )
  var from: String?

  @Option(help: "What is learned: masked elements, or the next one.")
  var objective: Target?

  @Option(
    help: """
      The data set's mask set by name, or a policy such as token:0.5:seed=1, whose masks are \
      computed; the first stored set by default.
      """
  )
  var mask: String?

  @Option(help: "How values are compared: as numbers, or grey levels as 256 classes.")
  var loss: Objective.Loss?

  @OptionGroup(title: "Settings") var settings: SettingOptions
  @OptionGroup(title: "Run") var options: RunOptions

  mutating func validate() throws {
    if data == nil, !options.resume {
      throw ValidationError("Missing expected argument '--data <data>'")
    }
    if objective == .causal, mask != nil {
      throw ValidationError("'--mask' has no meaning for the causal objective")
    }
  }

  func run() throws {
    var session = TrainingSession(stage: .pretrain, data: data, settings, options)
    session.changesRun =
      session.changesRun || objective != nil || mask != nil || loss != nil || from != nil
    session.from = from
    try session.run { configuration in
      if objective == .causal { configuration.objective.kind = .causal }
      if objective == .masked { configuration.objective.kind = .masked }
      if configuration.objective.kind == .causal { configuration.objective.mask = nil }
      if let mask { configuration.objective.mask = mask }
      if let loss { configuration.objective.loss = loss }
    }
  }
}
