#pragma once
// The process between two crashes: store, engine and Step Functions as the server makes them, called as over the wire, and whoever does
// the tasks outside. What is outside the process, and so survives its crashes, is in Outside.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "engine/store/disk_store.h"
#include "machines.h"
#include "net/http_client.h"
#include "protocol/registry.h"
#include "services/events/events.h"
#include "services/service.h"
#include "services/states/states.h"
#include "simulated_disk.h"

namespace sim {

inline constexpr std::string_view kArnHead = "arn:aws:states:us-east-1:000000000000:";

// A task as whoever does it knows it.
struct Job {
  std::string execution, token;
  uint64_t task = 0;
  Answer answer;
  int64_t due_ms = 0;        // of the world's life
  bool has_token = false;    // somebody can answer it by its token
  bool handed_over = false;  // safely so: it may not be offered again
  bool done = false;         // the answer was heard: by acknowledgement, or that nobody waits for it
  bool accepted = false;     // by acknowledgement
};

struct Outside {
  explicit Outside(uint64_t of) : seed(of), disk(of ^ 0x5eed) {}
  uint64_t seed;
  SimulatedDisk disk;
  std::map<std::pair<std::string, uint64_t>, Job> jobs;
  std::vector<std::string> failures;
  int64_t before_ms = 0;  // what went by before this process

  void fail(std::string what);
};

// A loop on which what is posted sometimes waits for a moment, in order all the same: so that a crash can come
// between any two turns.
class HesitantLoop final : public ManualLoop {
 public:
  HesitantLoop(Instant now, uint64_t seed) : ManualLoop(now), random_(seed) {}
  void post(Function<void()> work) override {
    last_ms_ = std::max(last_ms_, elapsed_ms() + static_cast<int64_t>(random_.below(4) == 0 ? random_.below(3) : 0));
    after(last_ms_ - elapsed_ms(), std::move(work));
  }

 private:
  SeededRandom random_;
  int64_t last_ms_ = 0;
};

class Process final : public engine::ActionSink {
 public:
  using Value = json::Value;
  Process(Outside& outside, Instant now, uint64_t seed) : outside_(outside), loop(now, seed), random_(seed ^ 0xabcd) {}
  // Reads what is on the disk. Whoever has a token answers in time.
  Status open();
  // Takes up what was under way.
  void start();

  // A client's call of Step Functions, which is answered at once; what it is told holds once it is durable.
  Result<Value> call(std::string_view operation, Value params);
  void durably(Function<void()> then) { store->when_durable(store->head(), std::move(then)); }
  engine::Engine& engine() { return house_->states.engine(); }
  int64_t lived_ms() const { return outside_.before_ms + loop.elapsed_ms(); }

  void schedule(const engine::Record& execution, const asl::ScheduleTask& task) override;
  void cancel(const engine::Record& execution, const asl::CancelTask& task) override;
  void read_items(const engine::Record& execution, const asl::ReadItems& what) override { house_->states.tasks().read_items(execution, what); }
  void start_map_run(const engine::Record& execution, const asl::StartMapRun& run) override { house_->states.tasks().start_map_run(execution, run); }
  void stop_map_run(const engine::Record& execution, const asl::StopMapRun& run) override { house_->states.tasks().stop_map_run(execution, run); }
  bool has_activity(std::string_view) const override { return true; }

 private:
  struct NoHttp final : net::HttpClient {
    void send(net::Request, net::SendOptions, Done done) override { done(::fail("HttpConnection", "there is no network here")); }
  };
  // S3, of which every object's content is its key.
  bool answer_upstream(const protocol::Call& call, protocol::Reply& reply);
  // The services, as app/server.cpp makes them.
  struct House {
    House(Process& process);
    protocol::Registry registry;
    NoHttp http;
    protocol::Sealer sealer{"key"};
    services::Kit kit;
    events::Events events;
    states::States states;
  };

  void answer(Job& job);
  void answer_by_token(Job& job);

  Outside& outside_;

 public:
  HesitantLoop loop;
  std::unique_ptr<store::DiskStore> store;

 private:
  SeededRandom random_;
  std::unique_ptr<House> house_;
};

}  // namespace sim
