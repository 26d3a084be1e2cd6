import Domain
import Testing

@Suite struct TimestampTests {
    // Reference values of `date -u -d @…`.
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:01Z"), (86_399, "1970-01-01T23:59:59Z"), (86_400, "1970-01-02T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"), (951_868_800, "2000-03-01T00:00:00Z"), (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"), (1_735_689_600, "2025-01-01T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"), (-86_400, "1969-12-31T00:00:00Z"), (-86_401, "1969-12-30T23:59:59Z"),
        ] as [(Int64, String)])
    func `a moment is written in UTC`(_ seconds: Int64, _ text: String) {
        #expect(Timestamp(seconds: seconds).iso8601 == text)
        #expect(Timestamp(milliseconds: seconds * 1000 + 999).iso8601 == text)
    }

    @Test(arguments: [(0, 0), (999, 0), (1000, 1), (1999, 1), (-1, -1), (-1000, -1), (-1001, -2)] as [(Int64, Int64)])
    func `whole seconds are rounded down, before the epoch too`(_ milliseconds: Int64, _ seconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).seconds == seconds)
    }

    @Test func `spans are added, taken away and measured in milliseconds`() {
        let moment = Timestamp(seconds: 100)
        #expect(moment + .milliseconds(1500) == Timestamp(milliseconds: 101_500))
        #expect(moment - .seconds(90) == Timestamp(seconds: 10))
        #expect((moment + .seconds(3)) - moment == .seconds(3))
        #expect(moment < moment + .milliseconds(1))
        #expect(!(moment < moment))
    }

    @Test(arguments: [(Duration.seconds(2), 2000), (.microseconds(1999), 1), (.milliseconds(-5), -5), (.zero, 0)] as [(Duration, Int64)])
    func `a span has whole milliseconds`(_ span: Duration, _ milliseconds: Int64) {
        #expect(span.inMilliseconds == milliseconds)
    }

    @Test(arguments: [(1, "2026-000001"), (123, "2026-000123"), (999_999, "2026-999999"), (1_000_000, "2026-1000000")] as [(Int64, String)])
    func `an order's number is the year of the sale and a count`(_ id: Int64, _ number: String) throws {
        let order = Order(
            id: id, paymentID: 1, productID: 1, content: try #require(ContentDigest([UInt8](repeating: 0, count: 32))),
            at: Timestamp(seconds: 1_795_000_000))
        #expect(order.number == number)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2027-01-31T12:00:00Z", 1_801_396_800_000), ("2027-01-31t13:00:00.1239+01:00", 1_801_396_800_123),
        ("4234-05-02T11:13:20+20:20", 71_455_359_200_000), ("2024-02-29T23:59:60Z", 1_709_251_200_000), ("1969-12-31T23:59:59.5-00:01", 59_500),
    ])
    func `a moment is read as it is written`(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test func `what is read is what was written, for every day of six hundred years`() {
        for day in stride(from: 0 as Int64, to: 219_146, by: 1) {
            let moment = Timestamp(seconds: day * 86_400 + day % 86_400)
            if Timestamp(rfc3339: moment.iso8601) != moment {
                Issue.record("\(moment.iso8601)")
                return
            }
        }
    }

    @Test(arguments: [
        "", "2027-01-31", "2027-01-31T12:00:00", "2027-02-29T12:00:00Z", "2027-13-01T12:00:00Z", "2027-00-01T12:00:00Z", "2027-01-31T24:00:00Z",
        "2027-01-31T12:60:00Z", "2027-01-31T12:00:61Z", "2027-01-31 12:00:00Z", "2027-01-31T12:00:00.Z", "2027-01-31T12:00:00+24:00",
        "2027-01-31T12:00:00+01:60", "2027-01-31T12:00:00+0100", "2027-01-31T12:00:00ZZ", "1969-12-31T23:59:59Z", "٢٠٢٧-01-31T12:00:00Z",
        "-027-01-31T12:00:00Z", "2027-01-31T12:00:00.000Z" + String(repeating: "0", count: 60),
    ])
    func `what is no moment is not read`(_ text: String) { #expect(Timestamp(rfc3339: text) == nil) }
}
