import CoreMetrics
import Foundation
import Testing

@testable import Telemetry

@Suite struct PrometheusTests {
    /// What a registry tells beside its own counter.
    private func lines(_ registry: PrometheusRegistry) -> [String] {
        registry.text().split(separator: "\n").map(String.init).filter { !$0.contains("telemetry_series_refused") }
    }

    private func refused(_ registry: PrometheusRegistry) -> String? {
        registry.text().split(separator: "\n").last { $0.hasPrefix("telemetry_series_refused_total ") }?.split(separator: " ").last.map(String.init)
    }

    // MARK: The text

    @Test func `families stand once, in order, with help and kind before their series`() {
        let registry = PrometheusRegistry()
        registry.counter("sales", help: "Sold.", labels: [("rail", "x402"), ("asset", "USDC")]).increment()
        registry.counter("sales_total", labels: [("asset", "EURC"), ("rail", "x402")]).increment(by: 41 as Int64)
        registry.counter("sales", help: "Ignored.", labels: [("asset", "USDC"), ("rail", "x402")]).increment()
        registry.gauge("open", help: "Open\nnow \\.").set(-2.5)
        #expect(
            lines(registry) == [
                #"# HELP open Open\nnow \\."#, "# TYPE open gauge", "open -2.5", "# HELP sales_total Sold.", "# TYPE sales_total counter",
                #"sales_total{asset="EURC",rail="x402"} 41"#, #"sales_total{asset="USDC",rail="x402"} 2"#,
            ])
        #expect(registry.text().hasSuffix("\n"))
        #expect(refused(registry) == "0")
        #expect(PrometheusRegistry.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("a\"b", #"a\"b"#), ("a\\b", #"a\\b"#), ("a\nb", #"a\nb"#), ("", ""), ("ü 😀", "ü 😀"),
            ("} 1\nevil 2", #"} 1\nevil 2"#),
        ])
    func `a label's value cannot leave its quotation marks`(_ value: String, _ written: String) {
        let registry = PrometheusRegistry()
        registry.gauge("x", labels: [("a", value)]).set(1 as Int64)
        #expect(lines(registry) == ["# TYPE x gauge", "x{a=\"\(written)\"} 1"])
    }

    @Test(
        arguments: [
            ("http.server.active_requests", "http_server_active_requests"), ("1st", "_1st"), ("", "_"), ("a:b", "a:b"), ("ä", "__"),
            ("x{y=\"1\"} 2\nz", "x_y__1___2_z"),
        ])
    func `a name has only what names may have`(_ name: String, _ written: String) {
        let registry = PrometheusRegistry()
        registry.gauge(name, labels: [("a:b", "1"), ("a-b", "2")]).set(1 as Int64)
        #expect(lines(registry).last == "\(written){a_b=\"1\"} 1")
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (3, "3"), (1e15, "1000000000000000"), (0.005, "0.005"), (1e300, "1e+300"), (.nan, "NaN"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"),
        ] as [(Double, String)])
    func `numbers are written as Prometheus reads them`(_ value: Double, _ written: String) {
        #expect(PrometheusText.number(value) == written)
    }

    @Test func `a histogram counts upwards and ends in its sum`() {
        let registry = PrometheusRegistry()
        let histogram = registry.histogram("wait_seconds", labels: [("le", "x"), ("step", "settle")], buckets: [1, 0.1, .infinity, 1])
        for value in [0.05, 0.1, 0.5, 1, 7] { histogram.record(value) }
        histogram.record(.nan)
        histogram.record(2 as Int64)
        histogram.record(Duration.milliseconds(250))
        histogram.recordNanoseconds(100_000_000)
        #expect(
            lines(registry) == [
                "# TYPE wait_seconds histogram", #"wait_seconds_bucket{le_="x",step="settle",le="0.1"} 3"#,
                #"wait_seconds_bucket{le_="x",step="settle",le="1"} 6"#, #"wait_seconds_bucket{le_="x",step="settle",le="+Inf"} 8"#,
                #"wait_seconds_sum{le_="x",step="settle"} 11"#, #"wait_seconds_count{le_="x",step="settle"} 8"#,
            ])
        #expect(PrometheusHistogram.seconds == PrometheusHistogram.seconds.sorted())
        #expect(PrometheusHistogram.sizes == PrometheusHistogram.sizes.sorted())
    }

    @Test func `a closure is asked when somebody looks, and may count`() {
        let registry = PrometheusRegistry()
        let looked = registry.counter("looked")
        registry.gauge("depth") {
            looked.increment()
            return 7
        }
        registry.gauge("unknown") { nil }
        registry.counter("sent", labels: [("to", "all")]) { 1.5 }
        #expect(lines(registry).contains("depth 7"))
        #expect(lines(registry).contains("looked_total 2"))
        #expect(lines(registry).contains(#"sent_total{to="all"} 1.5"#))
        #expect(!registry.text().contains("unknown"))
        registry.gauge("depth") { 8 }
        #expect(lines(registry).contains("depth 8"))
        #expect(looked.value == 4)
    }

    // MARK: Numbers

    @Test func `a counter takes positive numbers and loses none between threads`() async {
        let counter = PrometheusRegistry().counter("x")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        counter.increment(by: 0.5)
                        counter.increment(by: 2 as Int64)
                    }
                }
            }
        }
        counter.increment(by: -1 as Int64)
        for amount in [-1, .nan, .infinity, 0] as [Double] { counter.increment(by: amount) }
        #expect(counter.value == 140_000)
        counter.reset()
        #expect(counter.value == 0)
    }

    // MARK: Bounds

    @Test func `what finds no room is counted together, and as refused`() {
        let registry = PrometheusRegistry(maximumSeries: 3)
        let known = registry.counter("paths", labels: [("path", "/0")])
        for number in 0..<100 { registry.counter("paths", labels: [("path", "/\(number)")]).increment() }
        registry.gauge("another").set(1 as Int64)
        registry.histogram("paths", labels: []).record(1 as Int64)
        known.increment()
        #expect(
            lines(registry) == [
                "# TYPE paths_total counter", #"paths_total{overflow="true"} 97"#, #"paths_total{path="/0"} 2"#, #"paths_total{path="/1"} 1"#,
                #"paths_total{path="/2"} 1"#,
            ])
        #expect(refused(registry) == "99")
    }

    @Test func `a name belongs to the kind that had it first`() {
        let registry = PrometheusRegistry()
        registry.gauge("x_total").set(1 as Int64)
        registry.counter("x").increment()
        registry.gauge("x_total") { 5 }
        registry.gauge("y") { 1 }
        registry.gauge("y").set(9 as Int64)
        #expect(lines(registry) == ["# TYPE x_total gauge", "x_total 1", "# TYPE y gauge", "y 1"])
        #expect(refused(registry) == "3")
    }

    // MARK: swift-metrics

    @Test func `what libraries count lands in the registry`() {
        let registry = PrometheusRegistry()
        let factory = PrometheusMetricsFactory(registry, buckets: ["http.server.request.duration": [0.1], "body": [100]])
        let route = [("http.route", "/p/{slug}")]
        let counter = Counter(label: "hb.requests", dimensions: route, factory: factory)
        counter.increment(by: 3)
        Counter(label: "hb.requests", dimensions: route, factory: factory).increment()
        FloatingPointCounter(label: "joules", factory: factory).increment(by: 1.5)
        Timer(label: "http.server.request.duration", dimensions: route, factory: factory).recordMilliseconds(20)
        Timer(label: "wait_seconds", factory: factory).recordSeconds(1)
        let meter = Meter(label: "active", factory: factory)
        meter.increment()
        meter.increment(by: 4)
        meter.decrement()
        Meter(label: "set", factory: factory).set(2.5)
        Gauge(label: "depth", factory: factory).record(4)
        Gauge(label: "load", factory: factory).record(0.5)
        Recorder(label: "body", factory: factory).record(99)
        let text = registry.text()
        for line in [
            #"hb_requests_total{http_route="/p/{slug}"} 4"#, "joules_total 1.5",
            #"http_server_request_duration_seconds_bucket{http_route="/p/{slug}",le="0.1"} 1"#,
            #"http_server_request_duration_seconds_sum{http_route="/p/{slug}"} 0.02"#, "wait_seconds_sum 1", "active 4", "set 2.5", "depth 4",
            "load 0.5", #"body_bucket{le="100"} 1"#,
        ] { #expect(text.contains("\n\(line)\n"), "\(line)") }
    }

    @Test func `what is destroyed is no longer told, and makes room`() {
        let registry = PrometheusRegistry(maximumSeries: 5)
        let factory = PrometheusMetricsFactory(registry)
        for _ in 0..<3 {
            let counter = Counter(label: "a", factory: factory)
            let float = FloatingPointCounter(label: "b", factory: factory)
            let meter = Meter(label: "c", factory: factory)
            let recorder = Recorder(label: "d", factory: factory)
            let timer = Timer(label: "e", factory: factory)
            #expect(lines(registry).filter { $0.hasPrefix("# TYPE") }.count == 5)
            counter.destroy()
            counter.destroy()
            float.destroy()
            meter.destroy()
            recorder.destroy()
            timer.destroy()
            #expect(lines(registry).isEmpty)
        }
        #expect(refused(registry) == "0")
    }

    // MARK: The process

    @Test func `the process is measured under the usual names`() throws {
        let registry = PrometheusRegistry()
        ProcessMetrics().register(in: registry)
        var values: [String: Double] = [:]
        for line in lines(registry) where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            values[String(parts[0])] = Double(parts[1])
        }
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_virtual_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
        #expect(try #require(values["process_threads"]) >= 1)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_max_fds"]) >= 3)
        let age = Date().timeIntervalSince1970 - (try #require(values["process_start_time_seconds"]))
        #expect(age > -5 && age < 86_400)
    }

    @Test func `without proc nothing is claimed`() {
        let registry = PrometheusRegistry()
        ProcessMetrics(directory: "/nowhere").register(in: registry)
        #expect(lines(registry).filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ")[0] } == ["process_max_fds"])
    }

    @Test func `a program's name cannot shift the fields behind it`() throws {
        let line = "7 (a) 9 (b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 12 0 4200 1000000 300 18446744073709551615 1\n"
        let stat = try #require(ProcessStat(line, ticks: 100, page: 4096))
        #expect(stat.processorSeconds == 2)
        #expect(stat.threads == 12)
        #expect(stat.startSeconds == 42)
        #expect(stat.virtualBytes == 1_000_000)
        #expect(stat.residentBytes == 1_228_800)
        #expect(ProcessStat("") == nil)
        #expect(ProcessStat("7 (x) S 1 2 3") == nil)
    }
}
