import JSONBytes
import RedisClient
import Testing

@testable import IncidentsService

@Suite struct IdentifierTests {
  @Test func `no two numbers share an id, on either side of the seventh digit`() async throws {
    try await StoreBench.run { bench in
      let script = RedisScript(
        name: "identifiers",
        source: Embedded.identifierLua + """

          local seen, count = {}, 0
          for _, first in ipairs({ 1, 2 ^ 29, 2 ^ 30 - 1500, 2 ^ 34 }) do
            for n = first, first + 2999 do
              local id = identifier(n)
              if seen[id] then return { 'twice', id } end
              seen[id] = true
              count = count + 1
            end
          end
          return { count, identifier(1), identifier(2 ^ 30 - 1), identifier(2 ^ 30) }
          """)
      let answer = try await bench.redis.run(script, keys: ["{test}"], arguments: []).array ?? []
      #expect(answer.first?.int == 12_000)
      #expect(answer.dropFirst().compactMap { $0.string?.count } == [10, 10, 11])
      for id in answer.dropFirst() { #expect(IncidentID.canonical(id.string ?? "") == id.string) }
    }
  }

  @Test func `an incident's id comes from the count of all there were`() async throws {
    try await StoreBench.run { bench in
      _ = try await bench.redis.command("SET", "{test}:incidents:created", .integer(1 << 30))
      let id = try await bench.declare()
      #expect(id.utf8.count == 11)
      #expect(try await bench.incident(id)["id"]?.string == id)
    }
  }
}
