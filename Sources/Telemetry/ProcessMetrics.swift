import Foundation

/// What the kernel says of this process (proc(5)), under the names that Prometheus' own clients use.
public struct ProcessMetrics: Sendable {
    private let directory: String

    /// - Parameter directory: where proc is mounted.
    public init(directory: String = "/proc") { self.directory = directory }

    public func register(in registry: PrometheusRegistry) {
        registry.gauge("process_resident_memory_bytes", help: "Memory in use, in bytes.") { stat?.residentBytes }
        registry.gauge("process_virtual_memory_bytes", help: "Address space in use, in bytes.") { stat?.virtualBytes }
        registry.counter("process_cpu_seconds_total", help: "Processor time used, in seconds.") { stat?.processorSeconds }
        registry.gauge("process_threads", help: "Threads.") { stat?.threads }
        registry.gauge("process_open_fds", help: "Open files and sockets.") { openFiles }
        registry.gauge("process_max_fds", help: "Files and sockets that may be open.") { maximumFiles }
        // The same as long as the process lives.
        let start = startTime
        registry.gauge("process_start_time_seconds", help: "When the process began, in seconds since 1970.") { start }
    }

    private var stat: ProcessStat? { text("self/stat").flatMap(ProcessStat.init) }

    private var openFiles: Double? {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/self/fd")).map { Double($0.count) }
    }

    private var maximumFiles: Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    private var startTime: Double? {
        guard let stat, let line = text("stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let boot = Double(line.dropFirst(6))
        else { return nil }
        return boot + stat.startSeconds
    }

    private func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(directory)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }
}
