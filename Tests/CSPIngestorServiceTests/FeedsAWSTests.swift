import Testing

@testable import CSPIngestorService

struct FeedsAWSTests {
  @Test func anOpenEvent() throws {
    let snapshot = try Fixtures.read("aws/currentevents")
    #expect(snapshot.family == .aws && snapshot.unreadable == 1 && snapshot.absence == .none)
    let event = try #require(snapshot["arn:aws:health:eu-west-1::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/X1"])
    #expect(event.state == .investigating && event.impact == .minor && event.startedAt == at(15))
    #expect(event.components.map(\.id) == ["ec2-eu-west-1", "sqs-eu-west-1"])
    #expect(event.components.map(\.status) == [.degradedPerformance, .partialOutage])
    #expect(event.regions == ["eu-west-1"])
    #expect(event.updates.map(\.at) == [at(15), at(15, 30)])
  }

  @Test func anEndedEventWithoutArn() throws {
    let event = try #require(try Fixtures.read("aws/currentevents")["s3-us-standard:1772600060"])
    #expect(event.state == .resolved && event.impact == .minor && event.impactEnded)
    #expect(event.title == "Slow reads")
    #expect(event.startedAt == 1_772_600_000 && event.resolvedAt == 1_772_603_600)
    #expect(event.components.map(\.name) == ["Amazon S3"])
    #expect(event.regions == ["us-east-1"])
  }

  @Test func theRetiredFormatListsOnlyWhatIsCurrent() throws {
    let snapshot = try Fixtures.read("aws/retired")
    #expect(snapshot.family == .aws && snapshot.unreadable == 1)
    #expect(snapshot.events.map(\.externalID) == ["sns-us-east-1:1606314960", "cloudfront:1606320420"])
    #expect(snapshot.events.map(\.series) == ["sns-us-east-1", "cloudfront"])
    #expect(snapshot.events.map(\.regions) == [["us-east-1"], ["global"]])
    #expect(snapshot.events[0].updates.map(\.text) == ["6:36 AM PST We look."])
    #expect(snapshot.events[1].title == "Slow changes" && snapshot.events[1].isOver && snapshot.events[1].resolvedAt == nil)
  }

  @Test func aServicesRSSIsAListOfUpdates() throws {
    let snapshot = try Fixtures.read("aws/service-rss")
    #expect(snapshot.family == .rss && snapshot.absence == .none && snapshot.unreadable == 1)
    let ended = try #require(snapshot["ec2-eu-west-1:\(at(16))"])
    #expect(ended.state == .resolved && ended.impact == .major && ended.resolvedAt == at(17, 30))
    #expect(ended.title == "Launches fail")
    #expect(ended.updates.count == 2 && ended.regions == ["eu-west-1"])
    let old = try #require(snapshot["ec2-eu-west-1:1772380800"])
    #expect(old.state == .investigating && old.impact == .none)
  }

  @Test func itComesInUTF16() throws {
    let text = String(decoding: try Fixtures.body("aws/currentevents"), as: UTF8.self)
    let expected = try read(text)
    let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    for (body, charset) in [
      ([0xFE, 0xFF] + big, "utf-16-be"), (big, "utf-16-be"), ([0xFF, 0xFE] + little, "utf-16-le"), (little, "utf-16-le"),
    ] {
      let snapshot = try readFeed(body, contentType: "application/json; charset=utf-8", address: "", registered: .aws, now: 0)
      #expect(snapshot.charset == charset)
      #expect(snapshot.events == expected.events)
    }
  }

  @Test func anEmptyListIsAWSInUTF16OrByItsAddress() throws {
    let marked = try readFeed([0xFE, 0xFF, 0, 0x5B, 0, 0x5D], contentType: nil, address: "", registered: nil, now: 0)
    let named = try read("[]", address: "https://health.aws.amazon.com/public/currentevents")
    for snapshot in [marked, named] { #expect(snapshot.family == .aws && snapshot.absence == .all) }
  }
}
