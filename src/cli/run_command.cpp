// The command `gantry run`: what it is given, what it shows, how it ends.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/time_text.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/run.h"
#include "cli/validate.h"
#include "language/json/parse.h"
#include "net/curl_client.h"
#include "net/io_loop.h"

namespace cli {
namespace {

using asl::EventType;
using engine::Outcome;
using json::Value;

constexpr size_t kPayloadBytesMax = 262'144;
constexpr int64_t kFrameMs = 90;
constexpr int64_t kLongestRunMs = 1'000LL * 366 * 86'400'000;  // of virtual time

struct NoHttp final : net::HttpClient {
  void send(net::Request, net::SendOptions, Done done) override { done(fail("HttpConnection", "There is no network in virtual time.")); }
};

int used_wrongly(std::string_view text) {
  fmt::print(stderr, "gantry run: {}\n'gantry help run' shows how it is used.\n", text);
  return 2;
}

// A name as Step Functions allows it, from a file's.
std::string machine_name(const std::string& file) {
  std::string name;
  for (const char c : std::filesystem::path(file).filename().string()) {
    if (c == '.') break;
    const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    name += fine ? c : '-';
  }
  return name.empty() ? "machine" : name.substr(0, 80);
}

struct Wanted {
  Run::Settings settings;
  bool fast_forward = false, history = false, quiet = false;
  std::optional<int64_t> seed;
};

// What is shown while it runs: a picture on a terminal, a line an event elsewhere; both on standard error.
class Show {
 public:
  Show(const asl::Machine& machine, bool quiet, bool virtual_time)
      : terminal_(Terminal::of(2)), picture_(machine), canvas_(terminal_), quiet_(quiet), live_(terminal_.live && !quiet && !virtual_time) {}

  bool live() const { return live_; }

  void event(const Run& run, const engine::Record& record, const asl::Event& event, const std::string& state) {
    if (begun_.ms == 0) begun_ = event.at;
    if (quiet_ || terminal_.live || state.empty()) return;
    const std::string_view type = type_name(event.type);
    const StateProgress& p = run.progress().of(state);
    std::string glyph, text = printable(state);
    Colour colour = Colour::plain;
    if (type.ends_with("StateEntered")) {
      glyph = "▶", colour = Colour::cyan, text += fmt::format("  {}", picture_.kind_of(state));
    } else if (type.ends_with("StateExited")) {
      glyph = "✔", colour = Colour::green, text += p.last_ms > 0 ? fmt::format("  {}", duration_text(p.last_ms)) : "";
    } else if (type.ends_with("StateAborted")) {
      glyph = "■", colour = Colour::magenta;
    } else if (type.ends_with("Failed") || type.ends_with("TimedOut")) {
      glyph = "✘", colour = Colour::red;
      text += fmt::format("  {} {}", printable(event.details.text("error")), printable(cut(event.details.text("cause"), 200)));
    } else if (type.ends_with("Scheduled") && p.retries > retries_[state]) {
      retries_[state] = p.retries;
      glyph = "↻", colour = Colour::yellow, text += fmt::format("  tried again ({})", p.retries);
    } else {
      return;
    }
    const std::string child = record.map_run_arn.empty() ? "" : fmt::format("  [{}]", record.name.substr(0, 8));
    fmt::print(stderr, "{:>10}  {} {}{}\n", "+" + duration_text(event.at - begun_), terminal_.paint(colour, glyph), text, child);
  }

  void frame(const Run& run, Instant now) {
    if (!live_) return;
    const size_t rows = terminal_.rows > 6 ? terminal_.rows - 4 : 2;
    auto lines = picture_.draw(run.progress(), now, frames_++, rows, terminal_);
    lines.push_back(terminal_.paint(Colour::grey, fmt::format("  {} events, {}", run.history().size(), duration_text(now - run.record().start))));
    put(canvas_.frame(lines));
  }

  void end(const Run& run, Instant now) {
    if (live_) {
      frame(run, now);
      put(canvas_.close());
    } else if (!quiet_ && terminal_.live) {
      for (const std::string& line : picture_.draw(run.progress(), now, 0, 500, terminal_)) fmt::print(stderr, "{}\n", line);
    }
  }

  void outcome(const Run& run) const {
    const engine::Record& record = run.record();
    if (quiet_ && record.status == Outcome::succeeded) return;
    const std::string told = fmt::format(" after {}, {} events", duration_text(record.stop - record.start), run.history().size());
    switch (record.status) {
      case Outcome::succeeded: fmt::print(stderr, "{}{}\n", terminal_.paint(Colour::green, "✔ succeeded"), told); break;
      case Outcome::timed_out: fmt::print(stderr, "{}{}\n", terminal_.paint(Colour::red, "✘ timed out"), told); break;
      case Outcome::aborted: fmt::print(stderr, "{}{}\n", terminal_.paint(Colour::magenta, "■ aborted"), told); break;
      default: fmt::print(stderr, "{}{}\n", terminal_.paint(Colour::red, "✘ failed"), told); break;
    }
    if (record.error || record.cause) {
      fmt::print(stderr, "  {}{}\n", terminal_.paint(Colour::bold, printable(record.error.value_or(""))),
                 record.cause && !record.cause->empty() ? ": " + printable(*record.cause) : "");
    }
  }

 private:
  static void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  const Terminal terminal_;
  const Picture picture_;
  Canvas canvas_;
  const bool quiet_, live_;
  size_t frames_ = 0;
  Instant begun_;
  std::map<std::string, int64_t> retries_;
};

int exit_status(const Run& run, const Wanted& wanted, const Show& show) {
  if (run.refusal()) {
    fmt::print(stderr, "gantry run: {}\n", *run.refusal());
    return 2;
  }
  if (!run.ended()) {
    fmt::print(stderr, "gantry run: the execution waits for something that never comes\n");
    return 4;
  }
  const engine::Record& record = run.record();
  if (wanted.history) {
    for (const asl::Event& event : run.history()) fmt::print("{}\n", json::write(event.to_wire()));
  } else if (record.output) {
    fmt::print("{}\n", json::write_pretty(*json::parse(*record.output)));
  }
  std::fflush(stdout);
  show.outcome(run);
  switch (record.status) {
    case Outcome::succeeded: return 0;
    case Outcome::timed_out: return 3;
    case Outcome::aborted: return 4;
    default: return 1;
  }
}

int run_virtually(Wanted wanted, Random& random) {
  ManualLoop loop(SystemClock().now());
  NoHttp http;
  Show show(*wanted.settings.machine, wanted.quiet, true);
  Run* current = nullptr;
  bool ended = false;
  Run run(loop, random, http, std::move(wanted.settings),
          [&](const engine::Record& record, const asl::Event& event, const std::string& state) { show.event(*current, record, event, state); },
          [&] { ended = true; });
  current = &run;
  run.start();
  // The engine looks after its executions every hour, for ever: once this one has ended no more hours need to pass.
  constexpr int64_t kStrideMs = 30 * int64_t{86'400'000};
  for (int64_t passed = 0; !ended && passed < kLongestRunMs; passed += kStrideMs) loop.run_all(kStrideMs);
  show.end(run, loop.clock().now());
  return exit_status(run, wanted, show);
}

int run_for_real(Wanted wanted, Random& random) {
  net::IoLoop loop(1);
  const auto http = net::make_curl_client(loop);
  Show show(*wanted.settings.machine, wanted.quiet, false);
  Run* current = nullptr;
  Run run(loop, random, *http, std::move(wanted.settings),
          [&](const engine::Record& record, const asl::Event& event, const std::string& state) { show.event(*current, record, event, state); },
          [&] { loop.post([&] { loop.stop(); }); });
  current = &run;
  loop.on_terminate([&] { run.stop(); });
  std::function<void()> draw = [&] {
    show.frame(run, loop.clock().now());
    loop.after(kFrameMs, [&] { draw(); });
  };
  if (show.live()) draw();
  loop.post([&] { run.start(); });
  loop.run();
  show.end(run, loop.clock().now());
  return exit_status(run, wanted, show);
}

}  // namespace

int run(const RunDefaults& defaults, std::vector<std::string> arguments) {
  Options options(std::move(arguments));
  const auto input = options.value("--input");
  const auto mock = options.value("--mock");
  const auto test_case = options.value("--case");
  const auto name = options.value("--name");
  Wanted wanted;
  wanted.seed = options.number("--seed", 0);
  wanted.fast_forward = options.flag("--fast-forward");
  wanted.history = options.flag("--history");
  wanted.quiet = options.flag("--quiet");
  if (const auto wrong = options.wrong()) return used_wrongly(*wrong);
  const auto files = options.rest();
  if (files.size() != 1) return used_wrongly(files.empty() ? "which file? Name the definition to run, or - for standard input" : "one definition at a time");
  const auto text = files[0] == "-" ? text_of("@-") : read_file(files[0]);
  if (!text) return used_wrongly(fmt::format("cannot read {}", files[0]));

  const Terminal terminal = Terminal::of(2);
  auto compiled = asl::compile(*text);
  for (const asl::Diagnostic& d : compiled.diagnostics) {
    const bool error = d.severity == asl::Diagnostic::Severity::error;
    if (error || !wanted.quiet) fmt::print(stderr, "{}", explain(d, files[0], *text, terminal));
  }
  if (!compiled.machine) return 2;

  Run::Settings& settings = wanted.settings;
  settings.definition = *text;
  settings.machine = compiled.machine;
  settings.machine_name = machine_name(files[0] == "-" ? "machine" : files[0]);
  settings.account = defaults.account;
  settings.region = defaults.region;
  settings.endpoint = defaults.endpoint;
  if (input) {
    const auto given = text_of(*input);
    if (!given) return used_wrongly(fmt::format("cannot read {}", input->substr(1)));
    const auto value = json::parse_detailed(*given);
    if (!value) {
      return used_wrongly(fmt::format("--input is not JSON: {} (line {}, column {}); a file's content is --input @FILE", value.error().message, value.error().line,
                                      value.error().column));
    }
    if (given->size() > kPayloadBytesMax) return used_wrongly(fmt::format("the input has {} bytes: a payload may have {}", given->size(), kPayloadBytesMax));
    settings.input = *value;
  }
  if (mock) {
    const auto given = read_file(*mock);
    if (!given) return used_wrongly(fmt::format("cannot read {}", *mock));
    auto mocks = Mocks::parse(*given, test_case.value_or(""));
    if (!mocks) return used_wrongly(fmt::format("{}: {}", *mock, mocks.error().message));
    settings.mocks = *std::move(mocks);
    const Picture picture(*compiled.machine);
    for (const std::string& state : settings.mocks->states()) {
      if (picture.kind_of(state).empty() && !wanted.quiet) fmt::print(stderr, "{} {} mocks '{}', which is no state of {}\n", terminal.paint(Colour::yellow, "warning:"), *mock, printable(state), files[0]);
    }
  } else if (test_case) {
    return used_wrongly("--case chooses a test case of the file behind --mock");
  }
  if (wanted.fast_forward && !settings.endpoint.empty()) {
    return used_wrongly("--fast-forward and --endpoint do not go together: a server does not live in virtual time");
  }
  SystemRandom system;
  SeededRandom seeded(static_cast<uint64_t>(wanted.seed.value_or(0)));
  Random& random = wanted.seed ? static_cast<Random&>(seeded) : system;
  settings.execution_name = name.value_or(random.uuid());
  return wanted.fast_forward ? run_virtually(std::move(wanted), random) : run_for_real(std::move(wanted), random);
}

}  // namespace cli
