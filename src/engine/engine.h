#pragma once
// The engine keeps executions: it runs them ahead through the interpreter, writes what they did, and brings
// them back after a crash.
//
// An execution runs until it needs the world outside. What it did (events, state, record) is one batch of
// the store; nobody outside sees any of it before that batch is durable, since replies are held back until
// then (protocol/gateway.h) and whatever else leaves the process waits with Store::when_durable. Tasks go
// out through an ActionSink, at least once, under a key made of execution and event; timers live here.
// The engine knows nothing of AWS: services/states does.
//
// All calls are made on the loop's thread. In memory are the open executions that something moved last; of the
// others that wait only the timers are, and they are read from the store when something moves them.
#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/loop.h"
#include "base/random.h"
#include "engine/keys.h"
#include "engine/record.h"
#include "engine/store/store.h"
#include "engine/turns.h"
#include "language/asl/step.h"

namespace engine {

// Where actions go. Answers come back through Engine::deliver, at once or later.
class ActionSink {
 public:
  virtual ~ActionSink() = default;
  virtual void schedule(const Record& execution, const asl::ScheduleTask& task) = 0;
  virtual void cancel(const Record& execution, const asl::CancelTask& task) = 0;
  virtual void read_items(const Record& execution, const asl::ReadItems& what) = 0;
  virtual void start_map_run(const Record& execution, const asl::StartMapRun& run) = 0;
  virtual void stop_map_run(const Record& execution, const asl::StopMapRun& run) = 0;
  // Whether there is such an activity; work for one that is not there cannot be scheduled.
  virtual bool has_activity(std::string_view arn) const = 0;
};

// Who wants to know what happens: metrics, logs, status-change events, parents.
class Observer {
 public:
  virtual ~Observer() = default;
  // An execution has started, has ended, or runs again.
  virtual void status_changed(const Record& execution) = 0;
  // Its history has grown.
  virtual void progressed(const Record& execution, const std::vector<asl::Event>& events) = 0;
  // Its time is over: record and history are gone.
  virtual void forgotten(const std::string& arn) = 0;
};

enum class Redrives : uint8_t { any, redriven, never };
// What ListExecutions asks for: executions of `owner`, a machine, version, alias or map run, newest first.
struct ListAsked {
  std::string_view owner;
  std::optional<Outcome> status;
  Redrives redrives = Redrives::any;
  size_t limit = 100;
  std::string_view from;  // the `next` of the page before
};
struct Listing {
  std::vector<Listed> entries;
  std::string next;  // where the next page begins; empty at the end
};

class Engine {
 public:
  // `token` makes a task's token from the execution's ARN and the task's number.
  using TokenMaker = std::function<std::string(std::string_view execution_arn, uint64_t task)>;
  Engine(Loop& loop, store::Store& store, Random& random, TokenMaker token);
  ~Engine();

  void set_sink(ActionSink* sink) { sink_ = sink; }
  void set_observer(Observer* observer) { observer_ = observer; }

  // How much an account, and an execution, may do before the others have their turn.
  void set_turns(const Turns::Limits& limits) { turns_.set_limits(limits); }
  // How many that wait are kept in memory.
  void keep_resident(size_t most) { resident_max_ = std::max<size_t>(most, 1); }
  // How many bytes of definitions are kept compiled.
  void keep_definitions(size_t bytes) { definition_bytes_max_ = bytes; }

  // Remembers a definition, compiled; returns its key. The same text has the same key.
  std::string add_definition(std::string_view text, std::shared_ptr<const asl::Machine> machine);
  // The definition's text; nothing for an unknown key.
  std::optional<std::string> definition_text(std::string_view key);

  // Takes up the open executions that the store holds: timers are set, tasks that were not answered go out
  // again. Returns at once and goes on in slices; what is asked for meanwhile is loaded out of turn.
  void recover();

  // Starts an execution and runs it as far as it goes. `record` comes with everything but status, times of
  // its end and results; `definition` must be known. The ARN must not be in use (see find).
  void start(Record&& record, json::Value input, std::string machine_name, std::string region);
  // The same in memory alone, for Express: no history is kept, `done` gets the closed record.
  void start_express(Record&& record, json::Value input, std::string machine_name, std::string region,
                     Function<void(const Record&)> done);

  // TestState: one state of a machine that is not kept, looked into.
  void start_test(Record record, json::Value input, std::shared_ptr<const asl::Machine> machine, std::string machine_name, std::string region,
                  std::shared_ptr<asl::Inspection> inspection, Function<void(const Record&)> done);

  // Gives an input to an open execution. False when there is none of that ARN, or when the input is the answer
  // to a task that is no longer waited for.
  bool deliver(const std::string& arn, asl::Input input);
  // Whether that task is still waited for.
  bool awaits(const std::string& arn, uint64_t task);
  // What TestState looks through; null for every other execution.
  asl::Inspection* inspection(const std::string& arn);
  // Aborts an open execution; nothing happens to a closed one.
  void stop(const std::string& arn, std::optional<std::string> error, std::optional<std::string> cause);

  // Goes on with an execution that has failed, timed out or been aborted, from where it stood.
  enum class Redriven : uint8_t { runs, not_closed, impossible };
  Redriven redrive(const std::string& arn, std::string token);

  // Does work for the account of this ARN when it has its turn, in line with what its executions do.
  void in_turn(std::string_view arn, Turns::Work work);

  // How long a finished execution is kept; what is older goes, a few at a time.
  void keep_for(int64_t retention_ms);

  // What is known of an execution, open or closed.
  std::optional<Record> find(const std::string& arn);
  bool is_open(const std::string& arn);
  // Events `first`, `first`+1 ... (or downwards), at most `limit`.
  std::vector<asl::Event> history(const std::string& arn, uint64_t first, size_t limit, store::Order order);
  Listing list(const ListAsked& asked);
  // How many executions of that status an owner has; `most` at most, since counting looks at each.
  size_t count(std::string_view owner, Outcome status, size_t most);
  // Open executions of an owner, as many as `most`.
  std::vector<std::string> open_executions(std::string_view owner, size_t most);
  // How many are open, how many of them are in memory, and how many timers are set.
  size_t open_count() const { return slots_.size() + away_; }
  size_t resident_count() const { return slots_.size(); }
  size_t timer_count() const { return timers_.size(); }
  // How many definitions are in memory, and of how many accounts and Regions it is counted what stands open.
  size_t definition_count() const { return definitions_.size(); }
  size_t scope_count() const { return open_by_scope_.size(); }
  // How many stand open in the account and region of this ARN.
  int64_t open_in(const std::string& arn) const;

 private:
  struct Slot;
  // A timer by its number in the execution, ordered by when it is due.
  struct Timer {
    Instant due;
    std::string arn;
    uint64_t number = 0;
    auto operator<=>(const Timer&) const = default;
  };
  // The open executions of an account and Region that the store held at the start, by row, until each has been taken up.
  struct Returning {
    std::vector<Open> open;
    size_t next = 0;
    std::set<std::string> early;  // rows that were taken up out of turn
  };
  // What a slice of forgetting takes away, and when there is more to forget.
  struct Forgetting;
  struct Definition {
    std::string text;
    std::shared_ptr<const asl::Machine> machine;
  };

  Slot* find_slot(const std::string& arn);
  Slot* load(const std::string& arn);
  Slot& bring_in(std::unique_ptr<Slot> slot, bool take_up);
  // An execution that has not succeeded, as it stands in the store.
  std::unique_ptr<Slot> read(std::string row);
  // What the tables know an execution by; nothing when it is not stored.
  std::optional<std::string> find_row(const std::string& arn);
  void count_open(const std::string& arn, int64_t change);
  void sweep();
  void forget_ended(Forgetting& slice);
  void forget_succeeded_at_once(Forgetting& slice);
  bool is_too_old(const Record& record) const;
  void end_the_oldest_later();
  void end_the_oldest(std::string from);
  bool forget_history(const std::string& row, store::Batch& batch);
  std::shared_ptr<const asl::Machine> machine(std::string_view key);
  void remember(std::string key, Definition definition);
  asl::StepContext context(const Slot& slot, uint32_t steps);
  // Moves an execution by one input and from there on, so many steps at most; returns how many.
  uint32_t run(Slot& slot, asl::Input input, uint32_t steps);
  // The same for what comes in from outside: as many as the account may make at once, the rest in its turn.
  void run(Slot& slot, asl::Input input);
  void commit(Slot& slot, const asl::Transition& moved, Outcome before);
  void run_inbox_in_turn(Slot& slot);
  void act(Slot& slot, std::vector<asl::Action> actions);
  void send_stops();
  void send(const Record& execution, const asl::Action& action);
  void close(Slot& slot);
  void resume(Slot& slot);
  void recover_in_turn(const std::string& scope);
  uint32_t recover_slice(const std::string& scope);
  bool takes_up(const std::string& arn, const std::string& row);
  // Behind each move: what waits and is stored as it stands may leave memory.
  void settle(Slot& slot);
  void set_timer(Slot& slot, const asl::SetTimer& timer);
  void clear_timer(Slot& slot, uint64_t timer);
  void arm_timers();
  void fire_timers();
  void fire_in_turn(Timer timer);
  uint32_t fire(const Timer& timer, uint32_t steps);

  Loop& loop_;
  store::Store& store_;
  Random& random_;
  TokenMaker token_;
  ActionSink* sink_ = nullptr;
  Observer* observer_ = nullptr;

  Turns turns_;  // while the disk is full what runs is parked there
  std::deque<std::pair<Record, asl::Action>> stops_;  // to be sent in this turn of the loop
  bool stopping_ = false;

  std::unordered_map<std::string, std::unique_ptr<Slot>> slots_;
  std::unordered_map<std::string, Definition> definitions_;  // those that were used last, more or less: the store has all
  size_t definition_bytes_ = 0, definition_bytes_max_ = 32 << 20;
  std::list<Slot*> resident_;  // those that could leave memory, the longest unmoved first
  size_t resident_max_ = 2'048;
  size_t away_ = 0;            // open, taken up, and not in memory
  std::map<std::string, Returning, std::less<>> returning_;  // by account and Region
  std::set<Timer> timers_;
  Loop::TimerId alarm_ = 0;
  Instant alarm_at_{INT64_MAX};
  uint64_t order_ = 0;
  bool has_former_;            // the store may hold executions of format 1
  std::unordered_map<std::string, int64_t> open_by_scope_;
  int64_t retention_ms_ = 0;  // 0: for ever
  std::string swept_ended_;   // the key of the last that was forgotten: nothing stands before it
  std::string swept_row_;     // no execution that succeeded at once has a row before it
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace engine
