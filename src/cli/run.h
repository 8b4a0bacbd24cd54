#pragma once
// `gantry run`: a definition run in process, from its start to its end.
//
// A Run is the service `states` in memory, on a loop that somebody else turns: a real one, or a ManualLoop, whose clock
// jumps to the next timer. Tasks are answered by mocks; one that has none is called at an endpoint, or the run is refused.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "cli/mocks.h"
#include "cli/progress.h"
#include "engine/engine.h"
#include "engine/store/memory_store.h"
#include "net/http_client.h"
#include "protocol/token.h"
#include "services/states/states.h"

namespace protocol {
class Upstream;
}

namespace cli {

class Run final : engine::ActionSink, engine::Observer {
 public:
  struct Settings {
    std::string definition;  // its text, which has been found valid
    std::shared_ptr<const asl::Machine> machine;
    std::string machine_name = "machine", execution_name = "run";
    json::Value input = json::Value::object();
    std::string account = "000000000000", region = "us-east-1";
    std::optional<Mocks> mocks;
    std::string endpoint;  // where tasks without a mock go; empty: nowhere
  };
  // Every event of the execution and of a distributed Map's children, with the state that it speaks of.
  using OnEvent = std::function<void(const engine::Record&, const asl::Event&, const std::string& state)>;

  Run(Loop& loop, Random& random, net::HttpClient& http, Settings settings, OnEvent on_event, std::function<void()> on_end);
  ~Run() override;

  void start();
  void stop();  // aborts the execution

  bool ended() const { return ended_; }
  // Of the execution; complete once it has ended.
  const engine::Record& record() const { return record_; }
  const std::vector<asl::Event>& history() const { return history_; }
  const Progress& progress() const { return progress_; }
  // Why it could not go on, said so that one can mend it: a task without a mock. The execution is aborted then.
  const std::optional<std::string>& refusal() const { return refusal_; }

 private:
  void schedule(const engine::Record& execution, const asl::ScheduleTask& task) override;
  void cancel(const engine::Record& execution, const asl::CancelTask& task) override;
  void read_items(const engine::Record& execution, const asl::ReadItems& what) override;
  void start_map_run(const engine::Record& execution, const asl::StartMapRun& run) override;
  void stop_map_run(const engine::Record& execution, const asl::StopMapRun& run) override;
  bool has_activity(std::string_view) const override { return true; }
  void status_changed(const engine::Record& execution) override;
  void progressed(const engine::Record& execution, const std::vector<asl::Event>& events) override;
  void forgotten(const std::string& arn) override;

  void answer(const std::string& execution, const asl::ScheduleTask& task, const MockedAnswer& mocked);
  void finish_map_run(const std::string& execution, uint64_t task, const MockedAnswer& mocked);
  void refuse(std::string why);
  // The state that an event of a distributed Map belongs to.
  std::string map_of(const std::string& execution, uint64_t event);
  const MockedAnswer* next_mock(const std::string& state, std::string_view resource);

  Loop& loop_;
  Settings settings_;
  const OnEvent on_event_;
  const std::function<void()> on_end_;
  Progress progress_;
  store::MemoryStore store_;
  protocol::Sealer sealer_;
  protocol::Registry registry_;
  services::Kit kit_;
  std::unique_ptr<protocol::Upstream> upstream_;
  std::unique_ptr<states::States> states_;
  engine::Record record_;
  std::vector<asl::Event> history_;
  std::optional<std::string> refusal_;
  bool ended_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The command. Exit status: 0 succeeded, 1 failed, 2 used wrongly or refused, 3 timed out, 4 aborted.
struct RunDefaults {
  std::string account, region, endpoint;
};
int run(const RunDefaults& defaults, std::vector<std::string> arguments);

}  // namespace cli
