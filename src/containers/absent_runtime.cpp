#include "containers/absent_runtime.h"

namespace containers {
namespace {

class AbsentRuntime final : public ContainerRuntime {
 public:
  AbsentRuntime(Loop& loop, std::string why) : loop_(loop), why_(std::move(why)) {}

  std::string name() const override { return "none"; }
  void on_event(Function<void(const Event&)> sink) override { sink_ = std::move(sink); }
  void recover(Function<void(Result<std::vector<std::string>>)> done) override { done(std::vector<std::string>{}); }
  void launch(TaskSpec spec) override {
    loop_.post([this, task = spec.id] {
      Event event{.type = Event::Type::failed, .task = task, .sequence = 1, .at = loop_.clock().now(), .reason = "CannotStartContainerError: " + why_};
      sink_(event);
      event.type = Event::Type::stopped;
      event.sequence = 2;
      sink_(event);
    });
  }
  void stop(const std::string&) override {}
  void acknowledge(const std::string&, uint64_t) override {}
  void forget(const std::string&) override {}

 private:
  Loop& loop_;
  std::string why_;
  Function<void(const Event&)> sink_;
};

}  // namespace

std::unique_ptr<ContainerRuntime> make_absent_runtime(Loop& loop, std::string why) { return std::make_unique<AbsentRuntime>(loop, std::move(why)); }

}  // namespace containers
