import Foundation
import Testing

/// The few rules of style worth a test; CONTRIBUTING.md gives their reasons.
struct TidyTests {
  @Test func filesAreShort() {
    for file in SourceFile.all where file.lines.count > 400 { Issue.record("\(file.path) has \(file.lines.count) lines; 400 is the most") }
  }

  @Test func functionsAreShort() {
    for file in SourceFile.all {
      for function in file.functions where function.length > 70 {
        Issue.record("\(file.path):\(function.line) is \(function.length) lines long; 70 is the most")
      }
    }
  }

  @Test func servicesDoNotImportServices() {
    let services = Set(SourceFile.all.compactMap { $0.module(in: "Services") })
    #expect(services.count == 6)
    for file in SourceFile.all {
      guard let own = file.module(in: "Services") else { continue }
      for other in file.imports where services.contains(other) && other != own { Issue.record("\(file.path) imports \(other)") }
    }
  }

  @Test func importsPointDown() {
    for file in SourceFile.all {
      guard let tier = file.tier else { continue }
      for other in file.imports {
        guard let below = SourceFile.tiers[other], below > tier else { continue }
        Issue.record("\(file.path) imports \(other), which stands above it")
      }
    }
  }

  @Test func unsafeStaysWhereItIsAllowed() {
    let allowed: Set<String> = ["Reactor", "RedisClient", "PostgresClient", "OutboundClient", "Signing", "Gzip"]
    for file in SourceFile.all {
      if let module = file.module(in: "Libraries"), allowed.contains(module) { continue }
      for (index, line) in file.code.enumerated()
      where line.contains(/\bunsafe\b|\bUnsafe|\bwithUnsafe/) && !line.contains("withUnsafeContinuation") {
        Issue.record("\(file.path):\(index + 1) uses unsafe code")
      }
    }
  }

  @Test func nothingPrints() {
    for file in SourceFile.all where file.module(in: "Tools") == nil {
      for (index, line) in file.code.enumerated() where line.contains(/\b(print|debugPrint|dump)\(/) {
        Issue.record("\(file.path):\(index + 1) prints; log instead")
      }
    }
  }

  @Test func nothingIsLeftToDo() {
    for file in SourceFile.all {
      for (index, line) in file.lines.enumerated() where line.contains(/\b(TODO|FIXME|XXX|HACK)\b/) {
        Issue.record("\(file.path):\(index + 1) leaves something to do")
      }
    }
  }

  /// The rules above find what they are made to find.
  @Test func theRulesBite() {
    let long = SourceFile(path: "Sources/Services/A/A.swift", text: "func f() {\n" + String(repeating: "  work()\n", count: 70) + "}\n")
    #expect(long.functions.map(\.length) == [72])
    let text = SourceFile(path: "Sources/Services/A/A.swift", text: "internal import B\n  // print(\nlet s = \"print(\"\n")
    #expect(text.imports == ["B"])
    #expect(text.code[1].trimmingCharacters(in: .whitespaces).isEmpty)
    #expect(!text.code[2].contains("print"))
  }
}
