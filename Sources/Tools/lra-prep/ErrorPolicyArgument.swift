public import ArgumentParser
public import DataKit

/// `--on-error fail|skip|quarantine`.
extension ErrorPolicy: ExpressibleByArgument {}
